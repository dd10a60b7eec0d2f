# SPDX-License-Identifier: MIT
# The backends. They see base, core/ (the texts shared with kernels) and model/program.h, and nothing of run or data.
set(BACKENDS ${CMAKE_SOURCE_DIR}/backends)
file(GLOB cpu_sources CONFIGURE_DEPENDS ${BACKENDS}/cpu/*.c)
rft_library(rft_backends SOURCES ${BACKENDS}/backends.c ${cpu_sources} SEES ${CORE}/base ${CORE}/model ${CORE} ${BACKENDS}/cpu
            LINKS rft_base Threads::Threads)

# Every op has a kernel on every backend, under the same stem.
file(STRINGS ${CORE}/ops.def op_lines REGEX "^RFT_OP")
foreach(line ${op_lines})
    string(REGEX REPLACE "^RFT_OP\\(([a-z_0-9]+).*" "\\1" op ${line})
    foreach(pair shaders:comp kernels:cu)
        string(REPLACE ":" ";" pair ${pair})
        list(GET pair 0 folder)
        list(GET pair 1 extension)
        if(EXISTS ${CMAKE_SOURCE_DIR}/${folder} AND NOT EXISTS ${CMAKE_SOURCE_DIR}/${folder}/${op}.${extension})
            message(FATAL_ERROR "op ${op} of core/ops.def has no kernel ${folder}/${op}.${extension}")
        endif()
    endforeach()
endforeach()
