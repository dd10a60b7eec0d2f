#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a GGUF file again with BF16 in place of every type but F32, F16, BF16, Q8_0, Q4_0 and Q4_1: for formats that rftgen
does not read (MXFP4, IQ3_S), and for what is to be compared with bf16 though it is published in K-quants.

    python3 tools/gguf_to_bf16.py IN.gguf OUT.gguf

Metadata, the tokenizer and all other tensors stay as they are. Needs: pip install gguf."""
import sys

import gguf
import numpy as np

BF16 = gguf.GGMLQuantizationType.BF16
KEPT = {"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1"}


def main():
    source, target = sys.argv[1:]
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, reader.fields["general.architecture"].contents())
    for key, field in reader.fields.items():
        if not key.startswith("GGUF.") and key != "general.architecture":
            value = gguf.LlamaFileType.MOSTLY_BF16.value if key == "general.file_type" else field.contents()
            writer.add_key_value(key, value, field.types[0], field.types[-1] if len(field.types) > 1 else None)
    for tensor in reader.tensors:
        if tensor.tensor_type.name in KEPT:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        else:
            data = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
            writer.add_tensor(tensor.name, gguf.quants.quantize(data, BF16), raw_dtype=BF16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
