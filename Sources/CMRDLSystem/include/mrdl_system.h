#pragma once
#include <stddef.h>

/// `open` without variable arguments.
int mrdl_open(const char *path, int flags, unsigned mode);

/// The value of `errno` in this thread.
int mrdl_errno(void);

/// Writes the text of an error number, in every locale's English, with a zero at the end.
void mrdl_describe_errno(int number, char *buffer, size_t capacity);

/// From now on SIGBUS, which a mapped file raises when another process shortens it, writes `line` to
/// standard error and ends the process with `exit_code`. `line` must live for ever.
void mrdl_install_sigbus_message(const char *line, int exit_code);
