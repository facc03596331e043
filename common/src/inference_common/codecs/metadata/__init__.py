"""Image files without their metadata: texts, colour profiles, thumbnails and comments never reach a decoder.

What they hold cannot spoil the pixels then, nor cost more than a look at where each part ends. Only how the image is
turned is read of them.
"""

from __future__ import annotations

from .parts import Stripped as Stripped
from .strip import strip as strip
from .turned import orientation as orientation
