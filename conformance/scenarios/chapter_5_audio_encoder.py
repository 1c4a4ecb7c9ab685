"""Chapter 5: AudioEncoder."""

from conformance import encoder_scenarios
from conformance.media.sources import ANY_ENCODED_AUDIO, ENCODED_AUDIO

encoder_scenarios.adopt(__name__, "audioencoder", ENCODED_AUDIO, ANY_ENCODED_AUDIO)
