from contextlib import suppress

import av

for name in sorted(av.codecs_available):
    abilities = []
    for mode, ability in (("r", "decode"), ("w", "encode")):
        with suppress(av.codec.codec.UnknownCodecError):
            abilities.append((av.Codec(name, mode).long_name, ability))
    print(name, *abilities)
