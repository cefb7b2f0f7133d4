"""Keys of every shape that a request can carry, for property tests."""

from hypothesis import strategies as st

_VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=":")
_HEX = st.sampled_from("0123456789abcdef")

_HALVES = st.one_of(st.text(_HEX, min_size=12, max_size=40), st.text(_VISIBLE, min_size=12, max_size=40))

KEYS: st.SearchStrategy[str] = st.one_of(
    st.builds("{}:{}".format, _HALVES, _HALVES),
    st.builds("{}:{}".format, st.text(_HEX, min_size=1, max_size=4), _HALVES),
    _HALVES,
)
"""An id and a secret as fal's are, one with a short id, or one without halves; each of hex digits, or of anything."""
