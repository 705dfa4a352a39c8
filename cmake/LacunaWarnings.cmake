# Warnings and sanitizers for everything that is built here; nothing of this reaches those who link to the library.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)  # false alarms of GCC 12 in sums of strings (GCC bug 105651)
if(LACUNA_SANITIZE)
  add_compile_options(-fsanitize=${LACUNA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${LACUNA_SANITIZE})
endif()
