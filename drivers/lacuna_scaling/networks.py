"""Networks that predictions are made for. A bandwidth is that of a node's link in one direction as its standard or vendor names
it (applications see 80 to 95 % of it). A latency is that of an MPI message of 8 bytes between two nodes: round numbers, about
what ping-pongs show on such networks. Your own is better: lacuna-floors on two nodes, one rank each, prints it."""
from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Network:
    title: str
    latency: float    # s
    bandwidth: float  # bytes/s of a node
    source: str


ROUND = "latency: a round number for MPI over it"
NETWORKS = {
    "hdr": Network("HDR InfiniBand, 200 Gbit/s", 1.2e-6, 25e9, "link: InfiniBand roadmap, 4 lanes of HDR; " + ROUND),
    "hdr100": Network("HDR100 InfiniBand, 100 Gbit/s", 1.2e-6, 12.5e9, "link: InfiniBand roadmap, 2 lanes of HDR; " + ROUND),
    "ndr": Network("NDR InfiniBand, 400 Gbit/s", 1.2e-6, 50e9, "link: InfiniBand roadmap, 4 lanes of NDR; " + ROUND),
    "slingshot": Network("Slingshot, 200 Gbit/s", 2.0e-6, 25e9,
                         "link: HPE; latency: about that of De Sensi et al. 2020, An in-depth analysis of the Slingshot interconnect"),
    "omnipath": Network("Omni-Path 100, 100 Gbit/s", 1.2e-6, 12.5e9, "link: Intel, 100 series; " + ROUND),
    "roce100": Network("100 Gbit/s Ethernet with RDMA (RoCE v2)", 3.0e-6, 12.5e9, "link: IEEE 802.3, 100GBASE; " + ROUND),
    "tcp100": Network("100 Gbit/s Ethernet over TCP", 20e-6, 12.5e9, "link: IEEE 802.3, 100GBASE; " + ROUND),
    "tcp10": Network("10 Gbit/s Ethernet over TCP", 30e-6, 1.25e9, "link: IEEE 802.3, 10GBASE; " + ROUND),
}
