"""Plans and evidence are known by a digest, which people's approvals are bound to: its text must never change by itself."""

from hashlib import sha256

from tasks.judging.policy import FieldRule

TEXT = '{"allowed":1,"field":"Beträge","role":"extraction","share":0.9}'


def test_the_text_behind_a_digest_has_sorted_keys_no_spaces_and_signs_as_they_are() -> None:
    rule = FieldRule(role="extraction", field="Beträge", share=0.9)
    assert rule.canonical() == TEXT
    assert rule.digest() == sha256(TEXT.encode()).hexdigest()
