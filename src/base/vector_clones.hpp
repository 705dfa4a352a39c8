#pragma once

/// Before a function that is a loop over doubles: compiled for AVX-512, for AVX2 and for the plain x86-64, of which the
/// processor chooses when the program starts; once on other processors. A macro, since nothing else makes an attribute
/// depend on the compiler. Functions are chosen before AddressSanitizer is ready: not together.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define LACUNA_VECTOR_CLONES [[gnu::target_clones("avx512f", "avx2", "default")]]
#else
#define LACUNA_VECTOR_CLONES
#endif
