"""What exporters leave in an ONNX file of the machine that they ran on."""

import onnx


def without_sources(file):
    """Writes it again without remarks on where its sources lie."""
    network = onnx.load(file, load_external_data=False)
    for part in (network, network.graph, *network.graph.node, *network.graph.value_info, *network.graph.initializer,
                 *network.graph.input, *network.graph.output):
        part.doc_string = ""
        kept = [p for p in part.metadata_props if p.key == "pkg.torch.onnx.name_scopes"]
        del part.metadata_props[:]
        part.metadata_props.extend(kept)
    onnx.save(network, file)
