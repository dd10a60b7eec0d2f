# SPDX-License-Identifier: MIT
# The CUDA backend and its kernels. The machine that runs the program needs NVIDIA's driver only, or none: the driver's library is
# looked for when the program runs. Building needs the compiler nvcc and <cuda.h> of the CUDA toolkit, 11.8 or newer.
#
# kernels/<op>.cu becomes one image with machine code (SASS) for the GPUs below that the compiler knows, and PTX of the oldest and
# of the newest of them for all others. What ptxas says of registers and spills is kept beside it, in kernels/<op>.log.
set(RFT_CUDA AUTO CACHE STRING "the CUDA backend: ON, OFF, or AUTO: if what it needs is there")
set_property(CACHE RFT_CUDA PROPERTY STRINGS AUTO ON OFF)
set(RFT_CUDA_ARCHITECTURES "75;80;86;89;90;100;120" CACHE STRING
    "compute capabilities that the kernels are compiled for, where nvcc knows them; fewer compile faster: \"90\"")
set(KERNELS ${CMAKE_SOURCE_DIR}/kernels)
set(CUDA_BUILD ${CMAKE_BINARY_DIR}/kernels)
set(cuda_modules) # all images
set(cuda_missing) # the end of a sentence: why the backend is left out; empty = it is built

find_program(NVCC NAMES nvcc HINTS ENV CUDA_PATH ENV CUDA_HOME PATHS /usr/local/cuda /opt/cuda PATH_SUFFIXES bin
             DOC "the compiler of the CUDA toolkit, 11.8 or newer")
if(NVCC)
    get_filename_component(cuda_root ${NVCC} REALPATH) # nvcc may be a link to the toolkit's
    get_filename_component(cuda_root ${cuda_root} DIRECTORY)
    get_filename_component(cuda_root ${cuda_root} DIRECTORY)
endif()
find_path(CUDA_INCLUDE cuda.h HINTS ${cuda_root}/include ENV CUDA_PATH PATH_SUFFIXES include DOC "folder of cuda.h")
file(GLOB cuda_kernel_files CONFIGURE_DEPENDS ${KERNELS}/*.cu)
file(GLOB cuda_texts CONFIGURE_DEPENDS ${KERNELS}/*.cuh ${KERNELS}/*.h)
foreach(text op_args arith philox lang)
    list(APPEND cuda_texts ${CONTRACT}/${text}.h)
endforeach()

# The arithmetic contract: no fused operation but where a kernel says so, no flushing, divisions and roots rounded.
set(cuda_flags -std=c++17 -O3 -fmad=false -ftz=false -prec-div=true -prec-sqrt=true -I${CONTRACT} -I${KERNELS})

# A trial compilation: nvcc needs a C++ compiler that it knows. A newer one is taken if it works all the same.
function(cuda_try_compiler result)
    set(trial ${CUDA_BUILD}/trial.cu)
    file(MAKE_DIRECTORY ${CUDA_BUILD})
    file(WRITE ${trial} "#include <stdint.h>\nextern \"C\" __global__ void trial(float *x) { x[threadIdx.x] += 1.0f; }\n")
    foreach(flag "" -allow-unsupported-compiler)
        execute_process(COMMAND ${NVCC} -fatbin ${cuda_flags} ${flag} -o ${trial}.fatbin ${trial}
                        RESULT_VARIABLE failed OUTPUT_FILE ${trial}.log ERROR_FILE ${trial}.log)
        if(NOT failed)
            set(RFT_CUDA_COMPILER_FLAG "${flag}" CACHE INTERNAL "what nvcc needs to take the host's compiler")
            set(RFT_CUDA_COMPILER_TRIED "${NVCC}" CACHE INTERNAL "the compiler that was tried and works")
            return()
        endif()
    endforeach()
    set(${result} "nvcc did not work when this program was built (its words are in ${trial}.log, and it needs a C++ compiler)" PARENT_SCOPE)
endfunction()

function(cuda_find_missing result)
    set(version 0)
    if(NVCC)
        execute_process(COMMAND ${NVCC} --version OUTPUT_VARIABLE version ERROR_QUIET)
        string(REGEX MATCH "release ([0-9]+\\.[0-9]+)" matched "${version}")
        set(version "${CMAKE_MATCH_1}")
    endif()
    set(missing)
    if(NOT NVCC)
        set(missing "nvcc was not found when this program was built (the CUDA toolkit, 11.8 or newer)")
    elseif(NOT version MATCHES "^[0-9.]+$" OR version VERSION_LESS 11.8)
        set(missing "nvcc was older than CUDA 11.8 when this program was built")
    elseif(NOT CUDA_INCLUDE)
        set(missing "cuda.h was not found when this program was built (the CUDA toolkit, 11.8 or newer)")
    elseif(NOT RFT_CUDA_COMPILER_TRIED STREQUAL NVCC)
        cuda_try_compiler(missing)
    endif()
    set(${result} "${missing}" PARENT_SCOPE)
endfunction()

# cuda_sass, cuda_ptx: what is compiled for, as capabilities; cuda_targets: the same as nvcc's flags.
macro(cuda_choose_targets)
    execute_process(COMMAND ${NVCC} --list-gpu-code OUTPUT_VARIABLE cuda_known)
    string(REGEX MATCHALL "sm_[0-9]+" cuda_known "${cuda_known}")
    set(cuda_sass)
    foreach(capability ${RFT_CUDA_ARCHITECTURES})
        if(sm_${capability} IN_LIST cuda_known)
            list(APPEND cuda_sass ${capability})
        endif()
    endforeach()
    if(NOT cuda_sass)
        message(FATAL_ERROR "RFT_CUDA_ARCHITECTURES: nvcc knows none of \"${RFT_CUDA_ARCHITECTURES}\"; it knows ${cuda_known}")
    endif()
    list(SORT cuda_sass COMPARE NATURAL)
    list(GET cuda_sass 0 cuda_ptx)
    list(GET cuda_sass -1 cuda_newest)
    list(APPEND cuda_ptx ${cuda_newest})
    list(REMOVE_DUPLICATES cuda_ptx)
    set(cuda_targets)
    foreach(capability ${cuda_sass})
        list(APPEND cuda_targets -gencode arch=compute_${capability},code=sm_${capability})
    endforeach()
    foreach(capability ${cuda_ptx})
        list(APPEND cuda_targets -gencode arch=compute_${capability},code=compute_${capability})
    endforeach()
endmacro()

# The images, and cuda_images.c, which the assembler fills with their bytes.
macro(cuda_add_modules)
    set(cuda_externs)
    set(cuda_entries)
    foreach(kernel ${cuda_kernel_files})
        get_filename_component(op ${kernel} NAME_WE)
        set(image ${CUDA_BUILD}/${op}.fatbin)
        add_custom_command(
            OUTPUT ${image} DEPENDS ${kernel} ${cuda_texts} VERBATIM COMMENT "Compiling CUDA kernel ${op}"
            COMMAND sh -c "\"$@\" >${CUDA_BUILD}/${op}.log 2>&1 || { cat ${CUDA_BUILD}/${op}.log >&2; exit 1; }" sh
                    ${NVCC} -fatbin ${cuda_flags} ${RFT_CUDA_COMPILER_FLAG} -Xptxas -v ${cuda_targets} -o ${image} ${kernel})
        list(APPEND cuda_modules ${image})
        string(APPEND cuda_externs "__asm__(\".pushsection .rodata\\n.balign 64\\n\"\n"
               "        \".globl rft_cuda_${op}\\n.hidden rft_cuda_${op}\\nrft_cuda_${op}:\\n\"\n"
               "        \".incbin \\\"${image}\\\"\\n\"\n"
               "        \".globl rft_cuda_${op}_end\\n.hidden rft_cuda_${op}_end\\nrft_cuda_${op}_end:\\n.byte 0\\n.popsection\");\n"
               "extern const uint8_t rft_cuda_${op}[], rft_cuda_${op}_end[];\n")
        string(APPEND cuda_entries "    {\"${op}\", rft_cuda_${op}, rft_cuda_${op}_end},\n")
    endforeach()
    file(CONFIGURE OUTPUT ${CUDA_BUILD}/cuda_images.c @ONLY CONTENT [[
/* Made by cuda.cmake. */
#include "cuda_images.h"

@cuda_externs@
const struct cuda_image cuda_images[] = {
@cuda_entries@};
const uint32_t n_cuda_images = sizeof cuda_images / sizeof *cuda_images;
]])
    set_source_files_properties(${CUDA_BUILD}/cuda_images.c PROPERTIES OBJECT_DEPENDS "${cuda_modules}")
endmacro()

if(NOT RFT_CUDA)
    set(cuda_missing "switched off when this program was built (RFT_CUDA)")
else()
    cuda_find_missing(cuda_missing)
    if(cuda_missing AND NOT RFT_CUDA STREQUAL "AUTO")
        message(FATAL_ERROR "RFT_CUDA is on, but ${cuda_missing}")
    endif()
endif()
if(cuda_missing)
    message(STATUS "The CUDA backend is left out: ${cuda_missing}")
    target_compile_definitions(rft_backends PRIVATE RFT_CUDA_MISSING="${cuda_missing}")
else()
    cuda_choose_targets()
    cuda_add_modules()
    list(JOIN cuda_sass ", " cuda_sass_text)
    list(JOIN cuda_ptx ", " cuda_ptx_text)
    message(STATUS "CUDA kernels for ${cuda_sass_text}; PTX for ${cuda_ptx_text}")
    file(GLOB cuda_sources CONFIGURE_DEPENDS ${BACKENDS}/cuda/*.c)
    target_sources(rft_backends PRIVATE ${cuda_sources} ${CUDA_BUILD}/cuda_images.c)
    set_source_files_properties(${BACKENDS}/cuda/cuda_modules.c PROPERTIES COMPILE_DEFINITIONS
                                "RFT_CUDA_SASS=${cuda_sass_text};RFT_CUDA_PTX=${cuda_ptx_text}")
    target_include_directories(rft_backends PRIVATE ${BACKENDS}/cuda ${KERNELS})
    target_include_directories(rft_backends SYSTEM PRIVATE ${CUDA_INCLUDE})
    target_link_libraries(rft_backends PRIVATE ${CMAKE_DL_LIBS})
    target_compile_definitions(rft_backends PRIVATE RFT_CUDA)
endif()
