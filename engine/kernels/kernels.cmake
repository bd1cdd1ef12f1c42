# The kernels: one source, compiled once for each instruction set that the compiler can make. `Eigen` is renamed in each
# object, because the same inline function compiled for two instruction sets must not bear one name (the linker would
# keep either). tests/check_isa_symbols.sh verifies it.
# The warnings are false alarms about the vector attributes and "undefined" operands of GCC's own intrinsics.
set(kernel_flags -O3 -fno-math-errno -fno-trapping-math -Wno-ignored-attributes -Wno-maybe-uninitialized -Wno-uninitialized)
if(MSVC)
  set(kernel_isas baseline)
  set(kernel_flags "")
  set(kernel_macro HEADLIGHT_KERNELS_BASELINE)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(kernel_isas baseline avx2 avx512)
  set(kernel_flags_baseline -msse4.2)
  set(kernel_flags_avx2 -mavx2 -mfma)
  set(kernel_flags_avx512 -mavx2 -mfma -mavx512f -mavx512dq -mavx512bw -mavx512vl)
  set(kernel_macro HEADLIGHT_KERNELS_X86)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  set(kernel_isas neon)
  set(kernel_macro HEADLIGHT_KERNELS_NEON)
else()
  set(kernel_isas baseline)
  set(kernel_macro HEADLIGHT_KERNELS_BASELINE)
endif()

foreach(isa IN LISTS kernel_isas)
  add_library(headlight_kernels_${isa} OBJECT ${CMAKE_CURRENT_LIST_DIR}/isa/kernels.cpp)
  target_link_libraries(headlight_kernels_${isa} PRIVATE headlight_flags Eigen3::Eigen)
  target_compile_definitions(headlight_kernels_${isa} PRIVATE HEADLIGHT_ISA=${isa} Eigen=Eigen_${isa}
                             EIGEN_DONT_PARALLELIZE EIGEN_MPL2_ONLY EIGEN_NO_DEBUG)
  # After the build type's own flags: the kernels are optimised in debug builds, too, and leave no helper behind.
  target_compile_options(headlight_kernels_${isa} PRIVATE ${kernel_flags} ${kernel_flags_${isa}})
  target_sources(headlight_engine PRIVATE $<TARGET_OBJECTS:headlight_kernels_${isa}>)
endforeach()
# Products of bf16 numbers are one more object, of their own source; everything else of AVX-512 serves them, too.
if("avx512" IN_LIST kernel_isas)
  add_library(headlight_kernels_avx512bf16 OBJECT ${CMAKE_CURRENT_LIST_DIR}/isa/bf16.cpp)
  target_link_libraries(headlight_kernels_avx512bf16 PRIVATE headlight_flags Eigen3::Eigen)
  target_compile_definitions(headlight_kernels_avx512bf16 PRIVATE HEADLIGHT_BF16_PAIRS Eigen=Eigen_avx512bf16
                             EIGEN_DONT_PARALLELIZE EIGEN_MPL2_ONLY EIGEN_NO_DEBUG)
  target_compile_options(headlight_kernels_avx512bf16 PRIVATE ${kernel_flags} ${kernel_flags_avx512} -mavx512bf16)
  target_sources(headlight_engine PRIVATE $<TARGET_OBJECTS:headlight_kernels_avx512bf16>)
  list(APPEND kernel_isas avx512bf16)
endif()
target_compile_definitions(headlight_engine PRIVATE ${kernel_macro})
set(HEADLIGHT_KERNEL_ISAS ${kernel_isas} PARENT_SCOPE)
