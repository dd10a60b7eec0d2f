# SPDX-License-Identifier: MIT
# The Vulkan backend and its kernels. The machine that runs the program needs a driver only; building needs Debian's packages
# glslang-tools and libvulkan-volk-dev.
#
# shaders/<op>.comp becomes the module <op>. A kernel with variants names them, itself or in a .glsl file that it includes, one
# a line; each becomes a module <op>_<name>, compiled with the macros listed:
#   // variant rows_4: VARIANT_ROWS COLUMNS=4
set(RFT_VULKAN AUTO CACHE STRING "the Vulkan backend: ON, OFF, or AUTO: if what it needs is there")
set_property(CACHE RFT_VULKAN PROPERTY STRINGS AUTO ON OFF)
set(SHADERS ${CMAKE_SOURCE_DIR}/shaders)
set(VULKAN_BUILD ${CMAKE_BINARY_DIR}/shaders)
set(spirv_contract)  # the tool, for the tests; empty = not built
set(vulkan_modules)  # all .spv files that are embedded
set(vulkan_missing)  # the end of a sentence: why the backend is left out; empty = it is built

find_program(GLSLANG NAMES glslangValidator glslang DOC "glslang's command line compiler, 12 or newer")
find_path(VOLK_INCLUDE volk.h DOC "folder of volk.h")
find_path(VULKAN_INCLUDE vulkan/vulkan_core.h DOC "folder of vulkan/vulkan_core.h")
file(GLOB shader_kernels CONFIGURE_DEPENDS ${SHADERS}/*.comp)
file(GLOB shader_texts CONFIGURE_DEPENDS ${SHADERS}/*.glsl)
foreach(text op_args arith philox lang)
    list(APPEND shader_texts ${CONTRACT}/${text}.h)
endforeach()

function(vulkan_find_missing result)
    set(version 0)
    if(GLSLANG)
        execute_process(COMMAND ${GLSLANG} --version OUTPUT_VARIABLE version ERROR_QUIET)
        string(REGEX REPLACE "^[^:]*:[ 0-9]*:([0-9]+).*" "\\1" version "${version}")
    endif()
    set(missing)
    if(NOT GLSLANG)
        set(missing "glslangValidator was not found when this program was built (Debian: glslang-tools)")
    elseif(NOT version MATCHES "^[0-9]+$" OR version LESS 12)
        set(missing "glslangValidator was older than version 12 when this program was built (Debian: glslang-tools)")
    elseif(NOT VOLK_INCLUDE)
        set(missing "volk.h was not found when this program was built (Debian: libvulkan-volk-dev)")
    elseif(NOT VULKAN_INCLUDE)
        set(missing "vulkan/vulkan_core.h was not found when this program was built (Debian: libvulkan-dev)")
    endif()
    set(${result} "${missing}" PARENT_SCOPE)
endfunction()

# The tool runs while the program is built, so a cross build compiles it with the build machine's own compiler.
macro(vulkan_add_tool)
    if(CMAKE_CROSSCOMPILING)
        find_program(RFT_BUILD_CC NAMES cc gcc clang DOC "C compiler for programs that run during the build")
        set(spirv_contract ${CMAKE_BINARY_DIR}/spirv_contract)
        add_custom_command(OUTPUT ${spirv_contract} DEPENDS ${CMAKE_SOURCE_DIR}/tools/spirv_contract.c
                           COMMAND ${RFT_BUILD_CC} -std=c11 -O1 -o ${spirv_contract} ${CMAKE_SOURCE_DIR}/tools/spirv_contract.c)
        set(spirv_contract_built ${spirv_contract})
    else()
        add_executable(spirv_contract ${CMAKE_SOURCE_DIR}/tools/spirv_contract.c)
        target_link_libraries(spirv_contract PRIVATE rft_flags)
        set(spirv_contract $<TARGET_FILE:spirv_contract>)
        set(spirv_contract_built spirv_contract)
    endif()
endmacro()

# Variant lines of a kernel and of the texts it includes, as a list.
function(vulkan_variants kernel result)
    file(STRINGS ${kernel} includes REGEX "^#include \"[a-z_0-9]+\\.glsl\"")
    list(TRANSFORM includes REPLACE "^#include \"([a-z_0-9]+\\.glsl)\".*" "${SHADERS}/\\1")
    set(lines)
    foreach(file ${kernel} ${includes})
        file(STRINGS ${file} found REGEX "^// variant [^ ]+:")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
        foreach(line ${found})
            if(NOT line MATCHES "^// variant [a-z0-9_]+:( [A-Z0-9_]+(=[A-Za-z0-9_]+)?)+$")
                message(FATAL_ERROR "${file}: not a list of macros: ${line}")
            endif()
            list(APPEND lines "${line}")
        endforeach()
    endforeach()
    set(${result} "${lines}" PARENT_SCOPE)
endfunction()

# The module name from kernel, compiled with the flags that follow. Only what passed the check gets its final name.
function(vulkan_module name kernel)
    set(module ${VULKAN_BUILD}/${name}.spv)
    if(module IN_LIST vulkan_modules)
        message(FATAL_ERROR "${kernel}: there are two modules ${name}")
    endif()
    add_custom_command(
        OUTPUT ${module} DEPENDS ${kernel} ${shader_texts} ${spirv_contract_built} VERBATIM COMMENT "Compiling shader ${name}"
        COMMAND ${GLSLANG} --target-env vulkan1.2 -V --quiet -DRFT_GLSL=1 ${ARGN} -I${CONTRACT} -I${SHADERS}
                -o ${module}.glslang ${kernel}
        COMMAND ${spirv_contract} decorate ${module}.glslang ${module}.decorated
        COMMAND ${spirv_contract} check ${module}.decorated
        COMMAND ${CMAKE_COMMAND} -E rename ${module}.decorated ${module})
    set(vulkan_modules ${vulkan_modules} ${module} PARENT_SCOPE)
    set(embedded ${embedded} ${name}=${module} PARENT_SCOPE)
endfunction()

macro(vulkan_add_modules)
    file(MAKE_DIRECTORY ${VULKAN_BUILD})
    set(embedded)
    foreach(kernel ${shader_kernels})
        get_filename_component(stem ${kernel} NAME_WE)
        vulkan_variants(${kernel} variants)
        if(NOT variants)
            vulkan_module(${stem} ${kernel})
        endif()
        foreach(line ${variants})
            string(REGEX REPLACE "^// variant ([a-z0-9_]+):.*" "\\1" suffix "${line}")
            string(REGEX REPLACE "^[^:]*: " "-D" flags "${line}")
            string(REPLACE " " ";-D" flags "${flags}")
            vulkan_module(${stem}_${suffix} ${kernel} ${flags})
        endforeach()
    endforeach()
    add_custom_command(OUTPUT ${VULKAN_BUILD}/vulkan_shaders.c DEPENDS ${vulkan_modules} ${spirv_contract_built} VERBATIM
                       COMMAND ${spirv_contract} embed ${VULKAN_BUILD}/vulkan_shaders.c ${embedded})
endmacro()

if(NOT RFT_VULKAN)
    set(vulkan_missing "switched off when this program was built (RFT_VULKAN)")
else()
    vulkan_add_tool()
    vulkan_find_missing(vulkan_missing)
    if(vulkan_missing AND NOT RFT_VULKAN STREQUAL "AUTO")
        message(FATAL_ERROR "RFT_VULKAN is on, but ${vulkan_missing}")
    endif()
endif()
if(vulkan_missing)
    message(STATUS "The Vulkan backend is left out: ${vulkan_missing}")
    target_compile_definitions(rft_backends PRIVATE RFT_VULKAN_MISSING="${vulkan_missing}")
else()
    vulkan_add_modules()
    file(GLOB vulkan_sources CONFIGURE_DEPENDS ${BACKENDS}/vulkan/*.c)
    target_sources(rft_backends PRIVATE ${vulkan_sources} ${VULKAN_BUILD}/vulkan_shaders.c)
    target_include_directories(rft_backends PRIVATE ${BACKENDS}/vulkan)
    target_include_directories(rft_backends SYSTEM PRIVATE ${VOLK_INCLUDE} ${VULKAN_INCLUDE})
    target_link_libraries(rft_backends PRIVATE PkgConfig::XXHASH ${CMAKE_DL_LIBS})
    target_compile_definitions(rft_backends PRIVATE RFT_VULKAN)
endif()
