# SPDX-License-Identifier: MIT
# A fuzz target is a file: tests/fuzz/fuzz_<target>.c with LLVMFuzzerTestOneInput, and inputs worth keeping in
# tests/fuzz/corpus/<target>/. Every build replays them as the test fuzz_<target>. To search for new ones:
#   CC=clang cmake -DRFT_TESTS=ON -DRFT_FUZZ=ON -DRFT_SANITIZE=address,undefined .. && ninja fuzz_<target>
#   ./fuzz_<target> -max_total_time=60 new/ ../tests/fuzz/corpus/<target>
option(RFT_FUZZ "build the fuzz targets with libFuzzer (needs clang)" OFF)
if(RFT_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "RFT_FUZZ needs clang: run CMake with CC=clang")
    endif()
    target_compile_options(rft_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/fuzz_*.c)
foreach(source ${fuzz_sources})
    get_filename_component(name ${source} NAME_WE)
    string(REPLACE fuzz_ "" target ${name})
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE ${test_libraries} Threads::Threads m)
    if(RFT_FUZZ)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        set(replay_flags -runs=0)
    else()
        target_sources(${name} PRIVATE ${CMAKE_CURRENT_LIST_DIR}/replay_main.c)
        set(replay_flags)
    endif()
    add_test(NAME ${name} COMMAND ${name} ${replay_flags} ${CMAKE_CURRENT_LIST_DIR}/corpus/${target})
    set_tests_properties(${name} PROPERTIES TIMEOUT 600 LABELS fuzz)
endforeach()
