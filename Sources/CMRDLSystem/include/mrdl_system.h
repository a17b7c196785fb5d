#pragma once

#include <stddef.h>

// System calls that Swift cannot import (variadic ones, `errno`) or must not write itself (signal
// handlers).

/// `open(2)` with `O_CLOEXEC` added, repeated when a signal interrupts it.
///
/// - Parameter mode: permissions of a file that is created.
/// - Returns: a file descriptor, or -1 with the reason in `mrdl_errno()`.
int mrdl_open(const char *_Nonnull path, int flags, unsigned mode);

/// The error number of the calling thread's last failed call.
int mrdl_errno(void);

/// Sets the error number of the calling thread.
void mrdl_set_errno(int number);

/// Writes the text that describes an error number, terminated and cut to fit `capacity` bytes. Safe
/// from any thread.
void mrdl_describe_errno(int number, char *_Nonnull text, size_t capacity);

/// Brings a file's bytes to the storage device, through the drive's own cache where the system can
/// ask for that.
///
/// - Returns: 0, or -1 with the reason in `mrdl_errno()`.
int mrdl_synchronize(int descriptor);

/// `fcntl(2)` for the commands that take an integer or nothing.
///
/// - Returns: the command's answer, or -1 with the reason in `mrdl_errno()`.
int mrdl_fcntl(int descriptor, int command, int argument);

/// Locks a whole file for the holder of this descriptor without waiting.
///
/// - Parameter exclusive: non-zero for a writer's lock, zero for a reader's.
/// - Returns: 0, or -1 with the reason in `mrdl_errno()` (`EWOULDBLOCK` when another holds it).
int mrdl_try_lock(int descriptor, int exclusive);

/// Whether the descriptor is a terminal: 1 or 0.
int mrdl_is_terminal(int descriptor);

/// The width of the terminal behind a descriptor in columns, 0 when there is none or it does not
/// say.
int mrdl_terminal_width(int descriptor);

/// Makes SIGBUS, which reading a mapped file raises after another process has cut it short, write
/// one line to standard error and end the process.
///
/// - Parameters:
///   - line: the text without its newline; copied, cut to 1000 bytes.
///   - exit_code: the exit code of the process.
void mrdl_install_sigbus_message(const char *_Nonnull line, int exit_code);

/// Makes the next SIGINT be remembered instead of ending the process; one after that ends it as ever.
void mrdl_watch_interrupt(void);

/// Whether a SIGINT has come since `mrdl_watch_interrupt`: 1 or 0.
int mrdl_interrupted(void);
