import numpy as np

from embedlab.kernels.subwords import ngram_buckets


def fnv1a(data: bytes) -> int:
    """32 bits, with the signed char of the native program."""
    h = 2166136261
    for byte in data:
        h = ((h ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619) % 2**32
    return h


def test_buckets_against_plain_python():
    words = ["<a>", "<ab>", "", "<русский>", "<𝄞語é>", "<internationalisation>"]
    bounds = np.concatenate([[0], np.cumsum([len(word.encode()) for word in words])])
    text = np.frombuffer(bytearray("".join(words).encode()), np.uint8)
    for minn, maxn, bucket in [(3, 6, 2_000_000), (1, 2, 7), (0, 3, 1000), (2, 50, 2**31 - 1)]:
        buckets, ends = ngram_buckets(text, bounds, minn, maxn, bucket)
        for i, word in enumerate(words):
            grams = [
                word[k : k + n]
                for k in range(len(word))
                for n in range(max(1, minn), maxn + 1)
                if k + n <= len(word) and word[k : k + n] not in ("<", ">")
            ]
            assert buckets[ends[i] : ends[i + 1]].tolist() == [fnv1a(gram.encode()) % bucket for gram in grams]
