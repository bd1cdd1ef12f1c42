"""Times OpenVINO: peer_openvino.py FOLDER NETWORK f32|bf16 THREADS; compare.py talks to it (timing.serve)."""

import pathlib
import sys

import numpy
import openvino

from timing import serve, worst

folder, network, mode, threads = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
data = folder / network
core = openvino.Core()
# Given its precision by name: on some processors it would take bf16 by itself.
compiled = core.compile_model(core.read_model(data / "model.onnx"), "CPU", {
    "INFERENCE_PRECISION_HINT": mode, "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
    "ENABLE_CPU_PINNING": False})
request = compiled.create_infer_request()
request.set_input_tensor(openvino.Tensor(numpy.load(data / "pixels.npy")))


def introduction():
    request.infer()
    return dict(worst(data, request.get_output_tensor(0).data[0].astype(numpy.float32), []),
                version=f"OpenVINO {openvino.__version__.split('-')[0]}")


serve(request.infer, introduction)
