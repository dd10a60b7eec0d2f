# SPDX-License-Identifier: MIT
# The backends. Of the core they see a program and what it is made of, never a model.
set(BACKENDS ${CMAKE_SOURCE_DIR}/backends)
set(CONTRACT ${CORE}/contract) # the texts that kernels share with C
set(backend_includes ${CORE}/base ${CONTRACT} ${CORE}/program)
file(GLOB cpu_sources CONFIGURE_DEPENDS ${BACKENDS}/cpu/*.c)
file(GLOB cpu_vector_sources CONFIGURE_DEPENDS ${BACKENDS}/cpu/vector/*.c)
file(GLOB selftest_sources CONFIGURE_DEPENDS ${BACKENDS}/selftest/*.c) # kernel calls to compare devices by

# The cpu's vector forms: the same files once per instruction set. Contraction is allowed where it cannot change a bit, in the
# file that holds dot products of bf16 and nothing else.
set_source_files_properties(${BACKENDS}/cpu/vector/dot.c PROPERTIES COMPILE_OPTIONS -ffp-contract=fast)
set(cpu_form_objects)
function(cpu_objects name lanes sources)
    add_library(rft_cpu_${name} OBJECT ${sources})
    target_include_directories(rft_cpu_${name} PRIVATE ${backend_includes} ${BACKENDS}/cpu)
    target_link_libraries(rft_cpu_${name} PRIVATE rft_flags)
    target_compile_definitions(rft_cpu_${name} PRIVATE CPU_FORM=${name} CPU_LANES=${lanes})
    # With these on, gcc leaves loops over arith.h's selections scalar; off, no value changes. (trapping-math: rft_flags)
    target_compile_options(rft_cpu_${name} PRIVATE ${ARGN} $<$<C_COMPILER_ID:GNU>:-fno-thread-jumps>)
    set(cpu_form_objects ${cpu_form_objects} $<TARGET_OBJECTS:rft_cpu_${name}> PARENT_SCOPE)
endfunction()
# Forms that differ in the unit for integers only: these files once more.
set(cpu_integer_sources ${BACKENDS}/cpu/vector/integers.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    set(avx2 -mavx2 -mfma)
    set(avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mprefer-vector-width=512)
    cpu_objects(avx512 16 "${cpu_vector_sources}" ${avx512})
    cpu_objects(avx512vnni 16 "${cpu_integer_sources}" ${avx512} -mavx512vnni)
    cpu_objects(avx2 8 "${cpu_vector_sources}" ${avx2})
    cpu_objects(avxvnni 8 "${cpu_integer_sources}" ${avx2} -mavxvnni)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    cpu_objects(dotprod 4 "${cpu_integer_sources}" -march=armv8.2-a+dotprod)
endif()
cpu_objects(vector 4 "${cpu_vector_sources}") # what every machine of the architecture has: SSE2, NEON

rft_library(rft_backends SOURCES ${BACKENDS}/backends.c ${cpu_sources} ${cpu_form_objects} ${selftest_sources}
            INCLUDES ${backend_includes} ${BACKENDS}/cpu ${BACKENDS}/selftest
            LINKS rft_program rft_base Threads::Threads)
include(${BACKENDS}/cuda/cuda.cmake)
include(${BACKENDS}/vulkan/vulkan.cmake)

# Every op has a kernel on every backend, under the same stem; text that kernels share is .glsl, .cuh or .h, and nothing else is there.
set(ops)
file(STRINGS ${CONTRACT}/ops.def op_lines REGEX "^RFT_OP")
foreach(line ${op_lines})
    string(REGEX REPLACE "^RFT_OP\\(([a-z_0-9]+).*" "\\1" op ${line})
    list(APPEND ops ${op})
    foreach(pair shaders:comp kernels:cu)
        string(REPLACE ":" ";" pair ${pair})
        list(GET pair 0 folder)
        list(GET pair 1 extension)
        if(EXISTS ${CMAKE_SOURCE_DIR}/${folder} AND NOT EXISTS ${CMAKE_SOURCE_DIR}/${folder}/${op}.${extension})
            message(FATAL_ERROR "op ${op} of core/contract/ops.def has no kernel ${folder}/${op}.${extension}")
        endif()
    endforeach()
endforeach()
file(GLOB kernel_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/shaders/* ${CMAKE_SOURCE_DIR}/kernels/*)
foreach(file ${kernel_files})
    get_filename_component(stem ${file} NAME_WE)
    if(NOT stem IN_LIST ops AND NOT file MATCHES "\\.(glsl|cuh|h)$")
        message(FATAL_ERROR "${file}: core/contract/ops.def has no op ${stem}")
    endif()
endforeach()
