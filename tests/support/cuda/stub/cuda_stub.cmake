# SPDX-License-Identifier: MIT
# cuda_stub: a libcuda.so.1 without a GPU (cuda_stub.h), with the kernels of kernels/ compiled for the host. cuda_stub_dir and
# cuda_stub_old_dir: where it lies, and one that lacks a function. cuda_stub_missing: the end of a sentence: why there is none;
# empty = it is built. cuda_stub_environment: for a test on it.
set(cuda_stub_missing)
set(cuda_stub_dir ${CMAKE_BINARY_DIR}/cuda_stub)
set(cuda_stub_old_dir ${CMAKE_BINARY_DIR}/cuda_stub_old)
set(KERNELS ${CMAKE_SOURCE_DIR}/kernels)

include(CheckLanguage)
check_language(CXX)
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
    set(cuda_stub_missing "the stub of libcuda is written for Linux")
elseif(NOT CMAKE_CXX_COMPILER)
    set(cuda_stub_missing "there is no C++ compiler")
else()
    enable_language(CXX)
endif()

# The kernels and what runs them. Without the sanitizers: fibres switch stacks by themselves.
function(cuda_stub_add_kernels)
    file(GLOB kernels CONFIGURE_DEPENDS ${KERNELS}/*.cu)
    file(GLOB texts CONFIGURE_DEPENDS ${KERNELS}/*.cuh)
    add_library(cuda_stub_kernels OBJECT ${SUPPORT}/cuda/cuda_host.cpp ${kernels})
    set_source_files_properties(${kernels} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-xc++" OBJECT_DEPENDS "${texts}")
    target_include_directories(cuda_stub_kernels PRIVATE ${CONTRACT} ${KERNELS} ${SUPPORT}/cuda)
    target_compile_features(cuda_stub_kernels PRIVATE cxx_std_17)
    target_compile_options(cuda_stub_kernels PRIVATE -O2 -ffp-contract=off -fno-fast-math -fno-strict-aliasing -Wall -Wno-unused-variable)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
        target_compile_options(cuda_stub_kernels PRIVATE -mfma -mavx2)
    endif()
    set_target_properties(cuda_stub_kernels PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden)
endfunction()

# The library `target` in a folder of its own, with what the version script lets through.
function(cuda_stub_add_library target dir script)
    add_library(${target} SHARED $<TARGET_OBJECTS:cuda_stub_api> $<TARGET_OBJECTS:cuda_stub_kernels>)
    target_link_libraries(${target} PRIVATE rft_flags)
    target_link_options(${target} PRIVATE LINKER:--version-script=${stub_source_dir}/${script})
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${dir} OUTPUT_NAME cuda SOVERSION 1 LINKER_LANGUAGE CXX
                          LINK_DEPENDS ${stub_source_dir}/${script})
endfunction()

# Programs that are for every device, on the stub.
function(cuda_stub_add_tests)
    foreach(name architectures kernels memory programs sampling)
        cuda_stub_add_test(conformance_${name}_cuda conformance_${name})
    endforeach()
    cuda_stub_add_test(conformance_kernels_cuda_descending conformance_kernels CUDA_STUB_ORDER=1)
    cuda_stub_add_test(conformance_kernels_cuda_random conformance_kernels CUDA_STUB_ORDER=2)
    cuda_stub_add_test(conformance_variants_cuda conformance_cuda_variants)
endfunction()

function(cuda_stub_add_test name program)
    add_test(NAME ${name} COMMAND ${program} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES TIMEOUT 600 ENVIRONMENT "${cuda_stub_environment};RFT_TEST_DEVICES=cuda:;${ARGN}")
endfunction()

if(NOT cuda_stub_missing)
    set(cuda_stub_environment "LD_LIBRARY_PATH=${cuda_stub_dir}:$ENV{LD_LIBRARY_PATH}")
    set(stub_source_dir ${SUPPORT}/cuda/stub)
    file(GLOB stub_sources CONFIGURE_DEPENDS ${stub_source_dir}/*.c)
    cuda_stub_add_kernels()
    add_library(cuda_stub_api OBJECT ${stub_sources})
    target_link_libraries(cuda_stub_api PRIVATE rft_flags)
    target_include_directories(cuda_stub_api PRIVATE ${CONTRACT} ${SUPPORT}/cuda)
    target_include_directories(cuda_stub_api SYSTEM PRIVATE ${CUDA_INCLUDE})
    set_target_properties(cuda_stub_api PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET default)
    cuda_stub_add_library(cuda_stub ${cuda_stub_dir} cuda_stub.map)
    cuda_stub_add_library(cuda_stub_old ${cuda_stub_old_dir} cuda_stub_old.map)
    target_include_directories(cuda_stub INTERFACE ${stub_source_dir})
    target_include_directories(cuda_stub SYSTEM INTERFACE ${CUDA_INCLUDE})
endif()
