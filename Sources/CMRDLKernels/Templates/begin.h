// Shared by the headers of the instruction sets.
#pragma once

#define INLINE static inline __attribute__((always_inline, unused))
#define TABLE static const __attribute__((unused))

#define MRDL_JOIN_(type, name, isa) mrdl_##type##_##name##__##isa
#define MRDL_JOIN(type, name, isa) MRDL_JOIN_(type, name, isa)
/// The name of a kernel for this type and instruction set.
#define KERNEL(name) MRDL_JOIN(MRDL_TYPE, name, MRDL_ISA)

/// Elements of a line of the caches.
#define LINE (64 / sizeof(real))
