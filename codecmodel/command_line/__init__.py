"""The command for real files: containers in, WebCodecs in the middle, Y4M and WAV out."""
