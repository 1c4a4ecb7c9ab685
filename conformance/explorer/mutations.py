"""All broken models, for the explorer to catch."""

from collections.abc import Sequence
from typing import Final

from conformance.explorer.decoder_mutations import DECODER_MUTATIONS
from conformance.explorer.encoder_mutations import ENCODER_MUTATIONS
from conformance.explorer.image_mutations import IMAGE_MUTATIONS
from conformance.explorer.mutation import Mutation
from conformance.explorer.reclamation_mutations import RECLAMATION_MUTATIONS

MUTATIONS: Final[Sequence[Mutation]] = [
    *DECODER_MUTATIONS,
    *ENCODER_MUTATIONS,
    *RECLAMATION_MUTATIONS,
    *IMAGE_MUTATIONS,
]
