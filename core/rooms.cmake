# SPDX-License-Identifier: MIT
# The rooms of the core: a folder, the folders whose headers its files may include, and the libraries that they use. A room sees
# nothing else, so a wrong include does not compile (tests/unit/test_rooms.sh tries every one). A header that includes another
# room's is read with it: whoever sees `program` must see `contract`. Lines stand in the order of what may be seen: no circles.
set(CORE ${CMAKE_SOURCE_DIR}/core)
set(rooms)      # all of them, lowest first
set(room_paths) # their folders

# rft_room(NAME SEES room... USES library...)
function(rft_room name)
    cmake_parse_arguments(A "" "" "SEES;USES" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CORE}/${name}/*.c)
    file(GLOB headers CONFIGURE_DEPENDS ${CORE}/${name}/*.h ${CORE}/${name}/*.def)
    set(includes ${CORE}/${name})
    set(lower)
    foreach(seen ${A_SEES})
        if(NOT seen IN_LIST rooms)
            message(FATAL_ERROR "core/rooms.cmake: ${name} sees ${seen}, which does not stand above it, or is none")
        endif()
        list(APPEND includes ${CORE}/${seen})
        list(APPEND lower rft_${seen})
    endforeach()
    if(sources)
        rft_library(rft_${name} SOURCES ${sources} ${headers} INCLUDES ${includes} LINKS ${lower} ${A_USES})
    else()
        add_library(rft_${name} INTERFACE)
    endif()
    set(rooms ${rooms} ${name} PARENT_SCOPE)
    set(room_paths ${room_paths} ${CORE}/${name} PARENT_SCOPE)
    set(sees_${name} ${A_SEES} PARENT_SCOPE)
endfunction()

rft_room(base       USES Threads::Threads PkgConfig::JANSSON PkgConfig::PCRE2 PkgConfig::XXHASH PkgConfig::ZLIB PkgConfig::ZSTD m) # status, log, memory,
                                                             # strings, files, JSON, patterns: knows nothing of models or devices
rft_room(contract)                                          # texts that C, GLSL and CUDA share: arithmetic, ops and their arguments
rft_room(program    SEES base contract)                     # a list of kernel calls, and what a device must do with it
rft_room(architecture SEES base contract)                   # what sets models apart, as data: the description, the table, tensors
rft_room(container  SEES base contract)                     # safetensors and GGUF: tensors by name, metadata by key
rft_room(description SEES base contract architecture container) # from a configuration, in either container, to a model's description
rft_room(checkpoint SEES base contract architecture container description USES PkgConfig::XXHASH) # a model's files, as the model needs them
rft_room(adapter    SEES base contract architecture container description checkpoint) # LoRA adapters: what they add to a model's tensors
rft_room(tokenizer  SEES base contract architecture container description checkpoint
                    USES PkgConfig::XXHASH PkgConfig::PCRE2 PkgConfig::UTF8PROC) # text to tokens and back
rft_room(jinja      SEES base USES PkgConfig::UTF8PROC m) # an interpreter of chat templates
rft_room(prompt     SEES base jinja tokenizer USES PkgConfig::XXHASH)                    # what the model is asked
rft_room(formula    SEES base USES PkgConfig::GMP PkgConfig::MPFR m) # answers of mathematics: where one stands, and whether two are equal
rft_room(verify     SEES base formula USES PkgConfig::UTF8PROC m) # is an answer right? The rules
rft_room(judge      SEES base USES Threads::Threads PkgConfig::XXHASH) # judges that are programs: workers, and the journal of their verdicts
rft_room(model      SEES base contract program architecture container description checkpoint)  # weights, and the transformer as a program
rft_room(select     SEES base USES PkgConfig::XXHASH m)     # which accepted samples become rows
rft_room(data       SEES base verify USES PkgConfig::XXHASH) # questions and completions in; what a sample is, and what it was drawn with
rft_room(journal    SEES base verify data USES PkgConfig::XXHASH) # the samples of a run that has not ended, on the disk
rft_room(output     SEES base verify select data)           # samples out: records, rows in their shapes, unsolved questions
rft_room(device     SEES base contract program USES rft_backends)           # the checked front of a device, and memory pools on it
rft_room(config     SEES base contract program tokenizer jinja prompt verify select data output USES PkgConfig::INIH) # keys and their values
rft_room(sampler    SEES base contract program architecture container description checkpoint tokenizer verify
                    model device)                           # plan, chunks, slots: prompts -> tokens
rft_room(run        SEES base judge contract program architecture container description checkpoint adapter tokenizer jinja prompt verify
                    select model data journal output device config sampler
                    USES PkgConfig::XXHASH)                 # the whole job
rft_room(command    SEES base judge contract program architecture container description checkpoint tokenizer jinja prompt verify
                    select model data journal output device config sampler run
                    USES PkgConfig::XXHASH)                 # one file a subcommand, and their table
