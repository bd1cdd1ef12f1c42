"""Times ONNX Runtime: peer_onnxruntime.py FOLDER NETWORK plain|maps THREADS; compare.py talks to it (timing.serve)."""

import pathlib
import sys

import numpy
import onnxruntime

from timing import serve, worst

folder, network, mode, threads = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
data = folder / network
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = threads
options.inter_op_num_threads = 1
options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
name = "model.onnx" if mode == "plain" else "model-attention.onnx"
session = onnxruntime.InferenceSession(str(data / name), options, providers=["CPUExecutionProvider"])
# Bound once: no copy of the results is on the clock.
pixels = onnxruntime.OrtValue.ortvalue_from_numpy(numpy.load(data / "pixels.npy"))
binding = session.io_binding()
binding.bind_ortvalue_input("x", pixels)
for output in session.get_outputs():
    binding.bind_ortvalue_output(output.name, onnxruntime.OrtValue.ortvalue_from_shape_and_type(output.shape, numpy.float32))


def introduction():
    outputs = [value.numpy() for value in binding.get_outputs()]
    return dict(worst(data, outputs[0][0], [m[0, :, 0] for m in outputs[1:]]), version=f"ONNX Runtime {onnxruntime.__version__}")


serve(lambda: session.run_with_iobinding(binding), introduction)
