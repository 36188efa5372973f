"""The joint model: tags, pairs, learning, files, padding."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.domain import Instance, Mention, Relation, SentencePrediction
from core.models.encoder import load_encoder
from core.models.joint import JointModel
from core.models.joint_data import JointBatch, JointConfig, make_item
from core.models.joint_mentions import TypedRange, join_gold, make_table
from core.training.checkpoints import load_config, save_config
from core.training.config import Precision, TrainingConfig
from core.training.trainer import train
from tests.builders import find_mention, load_tiny_encoder, make_schema, write_tiny_encoder

CPU = torch.device("cpu")
POSITIVE = ["aspirin caused nausea .", "codeine induced severe rash .", "in two patients ibuprofen caused headache ."]
NEGATIVE = ["aspirin treated headache .", "codeine relieved cough .", "severe fever was treated with ibuprofen ."]
CHEMICALS = ("aspirin", "codeine", "ibuprofen")
DISEASES = ("nausea", "severe rash", "headache", "cough", "severe fever")


def annotate(text: str) -> tuple[list[Mention], list[Relation]]:
    chemical = next(find_mention(text, word, "Chemical") for word in CHEMICALS if word in text)
    disease = next(find_mention(text, word, "Disease") for word in DISEASES if word in text)
    return [chemical, disease], [Relation(chemical, disease, "CID")] if text in POSITIVE else []


@pytest.fixture
def model(tmp_path: Path) -> JointModel:
    return make_model(tmp_path)


@pytest.fixture
def paper_model(tmp_path: Path) -> JointModel:
    return make_model(tmp_path, word_dropout=0.0, has_nesting=False, num_relation_layers=0, has_context=False)


def make_model(folder: Path, **options: float) -> JointModel:
    torch.manual_seed(0)
    config = JointConfig.from_schema(make_schema(), dropout=0.0, **options)
    return JointModel(load_tiny_encoder(folder / "encoder"), config)


def fit(model: JointModel, *, num_epochs: int, precision: Precision = "fp32") -> None:
    texts = POSITIVE + NEGATIVE
    items = [make_item(model.config, e, *annotate(t)) for e, t in zip(model.encode(texts), texts, strict=True)]
    config = TrainingConfig(num_epochs=num_epochs, learning_rate=3e-3, batch_size=6, precision=precision)
    train(
        model, items, lengths=[len(item.encoded.piece_ids) for item in items], collate=model.collate,
        loss=lambda _, batch, epochs: model.loss(batch, epochs), config=config, device=CPU,
    )  # fmt: skip


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_it_learns_mentions_and_relations_of_six_sentences_by_heart(model: JointModel, precision: Precision) -> None:
    fit(model, num_epochs=60, precision=precision)
    for text, prediction in zip(POSITIVE + NEGATIVE, model.predict(POSITIVE + NEGATIVE), strict=True):
        mentions, relations = annotate(text)
        assert set(prediction.mentions) == set(mentions)
        assert set(prediction.relations) == set(relations)


def test_shapes_are_those_of_the_docstrings(model: JointModel) -> None:
    items = [make_item(model.config, e, *annotate(t)) for e, t in zip(model.encode(POSITIVE), POSITIVE, strict=True)]
    batch = model.collate(items)
    states, tag_logits = model.tag_words(batch)
    assert states.words.shape == (3, 7, 32)
    assert states.earlier.shape == (*batch.piece_ids.shape, 32)
    assert tag_logits.shape == (3, 7, 2, 5)  # for each of two types O and BIES
    assert batch.tag_ids.shape == (3, 7, 2)
    rows = [(s, *mention) for s, item in enumerate(items) for mention in item.mentions]
    table = make_table(rows, batch.count_words(), device=CPU)
    pairs = model.legal_pairs(table)
    tag_ids = tag_logits.argmax(-1)
    words = model.mark_words(batch, states, tag_ids, table.sentences)
    assert words.shape == (3, 7, 32)
    assert model.score_pairs(words, tag_ids, table, pairs).shape == (3, 2)


def test_only_legal_pairs_of_one_sentence_are_candidates(model: JointModel) -> None:
    # Two sentences: chemical, disease | chemical, chemical, disease.
    table = make_table([(0, 0, 1, 0), (0, 2, 3, 1), (1, 0, 1, 0), (1, 2, 3, 0), (1, 4, 5, 1)], [3, 5], device=CPU)
    assert model.legal_pairs(table).tolist() == [[0, 1], [2, 4], [3, 4]]


def test_the_biaffine_equals_an_explicit_loop_over_pairs(paper_model: JointModel) -> None:
    model = paper_model.eval()
    words, tag_ids = torch.randn(1, 4, 32), torch.tensor([[[0], [4], [0], [8]]])
    table = make_table([(0, 1, 2, 0), (0, 3, 4, 1)], [4], device=CPU)
    scored = model.score_pairs(words, tag_ids, table, torch.tensor([[0, 1]]))[0]
    states = [torch.cat([words[0, i], model.tag_embedding(tag_ids[0, i, 0])]) for i in (1, 3)]
    head, tail = model.head_layer(states[0]), model.tail_layer(states[1])
    for label in range(2):
        both = torch.cat([head, tail])
        expected = (
            head @ model.bilinear.weight[label] @ tail + model.linear.weight[label] @ both + model.linear.bias[label]
        )
        assert scored[label].item() == pytest.approx(expected.item(), abs=1e-5)


def test_context_adds_a_score_of_the_words_before_between_and_after(model: JointModel) -> None:
    model.eval()
    words, tag_ids = torch.randn(1, 6, 32), torch.tensor([[[0, 0], [4, 0], [0, 0], [0, 0], [3, 2], [0, 0]]])
    table = make_table([(0, 1, 2, 0), (0, 4, 5, 1)], [6], device=CPU)
    pairs = torch.tensor([[0, 1]])
    with torch.inference_mode():
        scored = model.score_pairs(words, tag_ids, table, pairs)[0]
        # Each mention's own layer: "S" of the first type, "I" of the second, whose rows follow the first's five.
        tags = model.tag_embedding(torch.tensor([4, 5 + 2]))
        states = [torch.cat([words[0, i], tag]) for i, tag in zip((1, 4), tags, strict=True)]
        head, tail = model.head_layer(states[0]), model.tail_layer(states[1])
        biaffine = model.bilinear(head[None], tail[None])[0] + model.linear(torch.cat([head, tail]))
        segments = [words[0, 0], words[0, 2:4].amax(0), words[0, 5]]
        context = model.context_output(model.context_layer(torch.cat([head, tail, *segments])))
    torch.testing.assert_close(scored, biaffine + context)
    assert context.abs().min() > 0


def test_a_model_saved_before_it_went_beyond_the_paper_still_loads(paper_model: JointModel, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    paper_model.save(tmp_path / "saved")
    saved = load_config(tmp_path / "saved")
    names = ("word_dropout", "has_nesting", "num_relation_layers", "has_context")
    assert [saved["config"].pop(name) for name in names] == [0, 0, 0, 0]
    save_config(tmp_path / "saved", saved)
    loaded = JointModel.load(tmp_path / "saved")
    assert loaded.config == paper_model.config
    assert described(loaded.predict(POSITIVE)) == described(paper_model.predict(POSITIVE))


@pytest.mark.parametrize("has_context", [True, False])
def test_swapping_head_and_tail_changes_the_score(tmp_path: Path, has_context: bool) -> None:  # noqa: FBT001
    model = make_model(tmp_path, has_context=has_context).eval()
    words, tag_ids = torch.randn(1, 4, 32), torch.tensor([[[0, 0], [4, 0], [0, 0], [0, 4]]])
    table = make_table([(0, 1, 2, 0), (0, 3, 4, 1)], [4], device=CPU)
    forwards, backwards = model.score_pairs(words, tag_ids, table, torch.tensor([[0, 1], [1, 0]]))
    assert not torch.allclose(forwards, backwards)


def test_relation_loss_is_silent_at_the_start_and_full_after_one_epoch(model: JointModel) -> None:
    model.eval()
    items = [make_item(model.config, e, *annotate(t)) for e, t in zip(model.encode(POSITIVE), POSITIVE, strict=True)]
    batch = model.collate(items)
    start, half, one, two = (model.loss(batch, epochs).item() for epochs in (0.0, 0.5, 1.0, 2.0))
    assert half - start == pytest.approx((one - start) / 2, rel=1e-4)
    assert one == two > start


def test_the_relation_weight_scales_the_relation_loss_alone(model: JointModel) -> None:
    model.eval()
    items = [make_item(model.config, e, *annotate(t)) for e, t in zip(model.encode(POSITIVE), POSITIVE, strict=True)]
    batch = model.collate(items)

    def measure(weight: float) -> float:
        model.config = replace(model.config, relation_weight=weight)
        return model.loss(batch, 1.0).item()

    alone, part, full = measure(0.0), measure(0.3), measure(1.0)
    assert alone == model.loss(batch, 0.0).item()
    assert part - alone == pytest.approx(0.3 * (full - alone), rel=1e-4)
    assert full > alone


def test_without_teacher_forcing_missed_gold_mentions_are_no_candidates(model: JointModel) -> None:
    items = [make_item(model.config, e, *annotate(t)) for e, t in zip(model.encode(POSITIVE), POSITIVE, strict=True)]
    batch = model.collate(items)
    nothing_found: list[list[TypedRange]] = [[], [], []]
    mentions, targets = join_gold(batch, nothing_found, has_teacher_forcing=True)
    assert (len(mentions), len(targets)) == (6, 3)
    assert join_gold(batch, nothing_found, has_teacher_forcing=False) == ([], {})


def test_a_saved_model_predicts_the_same_after_loading(model: JointModel, tmp_path: Path) -> None:
    fit(model, num_epochs=20)
    (tmp_path / "saved").mkdir()
    model.save(tmp_path / "saved")
    assert described(JointModel.load(tmp_path / "saved").predict(POSITIVE)) == described(model.predict(POSITIVE))


def test_batching_does_not_change_predictions(model: JointModel) -> None:
    fit(model, num_epochs=20)
    together = described(model.predict(POSITIVE + NEGATIVE))
    alone = described([model.predict([text])[0] for text in POSITIVE + NEGATIVE])
    assert together == alone


def test_bf16_finds_what_fp32_finds(model: JointModel) -> None:
    fit(model, num_epochs=20)
    texts = POSITIVE + NEGATIVE
    for full, half in zip(model.predict(texts), model.predict(texts, precision="bf16"), strict=True):
        assert [*half.mentions, *half.relations] == [*full.mentions, *full.relations]
    scores = [mention.score for one in model.predict(texts) for mention in one.mentions]
    assert scores != [mention.score for one in model.predict(texts, precision="bf16") for mention in one.mentions]


def described(predictions: list[SentencePrediction]) -> list[object]:
    return [
        (
            [(m, round(m.score or 0, 3)) for m in prediction.mentions],
            [(r, round(r.score or 0, 3)) for r in prediction.relations],
        )
        for prediction in predictions
    ]


def test_an_empty_sentence_has_no_mentions(model: JointModel) -> None:
    assert model.predict(["", "."])[0].mentions == ()


def test_of_two_labels_on_one_pair_the_first_of_the_schema_is_learnt(model: JointModel) -> None:
    text = POSITIVE[0]
    mentions, (relation,) = annotate(text)
    (label,) = model.config.relation_labels
    config = replace(model.config, relation_labels=(label, replace(label, name="WORSE")))
    (encoded,) = model.encode([text])
    for labels in (("CID", "WORSE"), ("WORSE", "CID")):
        relations = [replace(relation, label=label) for label in labels]
        assert make_item(config, encoded, mentions, relations).relations == ((0, 1, 1),)


def test_a_mention_inside_a_longer_one_is_counted_as_untagged(model: JointModel) -> None:
    text = POSITIVE[1]
    mentions, relations = annotate(text)
    (encoded,) = model.encode([text])
    assert make_item(model.config, encoded, mentions, relations).num_untagged == 0
    inside = [*mentions, find_mention(text, "rash", "Disease")]
    assert make_item(model.config, encoded, inside, relations).num_untagged == 1


def test_a_mention_inside_one_of_another_type_is_untagged_in_the_papers_single_layer_only(
    model: JointModel, paper_model: JointModel
) -> None:
    text = POSITIVE[1]
    mentions, relations = annotate(text)
    inside = [*mentions, find_mention(text, "rash", "Chemical")]
    for one, expected in ((model, 0), (paper_model, 1)):
        assert make_item(one.config, one.encode([text])[0], inside, relations).num_untagged == expected


def test_it_learns_mentions_inside_those_of_another_type_by_heart(model: JointModel) -> None:
    text = "aspirin receptors caused rash in one patient ."
    mentions = [find_mention(text, "aspirin receptors", "Disease"), find_mention(text, "aspirin", "Chemical")]
    relations = [Relation(mentions[1], mentions[0], "CID")]
    (encoded,) = model.encode([text])
    items = [make_item(model.config, encoded, mentions, relations)] * 6
    train(
        model, items, lengths=[len(encoded.piece_ids)] * 6, collate=model.collate, device=CPU,
        loss=lambda _, batch, epochs: model.loss(batch, epochs),
        config=TrainingConfig(num_epochs=60, learning_rate=3e-3, batch_size=6),
    )  # fmt: skip
    (prediction,) = model.predict([text])
    assert set(prediction.mentions) == set(mentions)
    assert set(prediction.relations) == set(relations)
    assert model.classify([Instance("1", text, mentions[1], mentions[0])]) == {"1": "CID"}


def test_the_tag_loss_of_several_layers_is_the_sum_of_their_means(model: JointModel) -> None:
    items = [make_item(model.config, e, *annotate(t)) for e, t in zip(model.encode(POSITIVE), POSITIVE, strict=True)]
    batch = model.eval().collate(items)
    _, logits = model.tag_words(batch)
    means = [cross_entropy(logits[:, :, layer].flatten(0, 1), batch.tag_ids[..., layer].flatten()) for layer in (0, 1)]
    assert model.loss(batch, 0.0).item() == pytest.approx(sum(mean.item() for mean in means), rel=1e-5)


def test_only_sentences_with_pairs_are_read_once_more(model: JointModel) -> None:
    items = [make_item(model.config, e, *annotate(t)) for e, t in zip(model.encode(POSITIVE), POSITIVE, strict=True)]
    batch = model.eval().collate(items)
    with torch.inference_mode():
        model.relation_layers.marks.weight.normal_()
        states, _ = model.tag_words(batch)
        every, first = (
            model.mark_words(batch, states, batch.tag_ids, torch.tensor(sentences)) for sentences in ([2, 0, 1, 0], [0])
        )
    torch.testing.assert_close(first[0][batch.is_word[0]], every[0][batch.is_word[0]])
    assert torch.equal(first[1:], states.words[1:])
    assert not torch.allclose(every[1:], states.words[1:])


def read_pieces(model: JointModel, batch: JointBatch) -> Tensor:
    """Return the pieces that the encoder was given."""
    seen: list[Tensor] = []
    handle = model.encoder.register_forward_pre_hook(lambda _, pieces: seen.append(pieces[0]))
    model.tag_words(batch)
    handle.remove()
    return seen[0]


@pytest.mark.parametrize(("word_dropout", "lowest", "highest"), [(0.0, 0.0, 0.0), (0.5, 0.4, 0.6)])
def test_training_hides_pieces_but_no_special_ones(
    tmp_path: Path, word_dropout: float, lowest: float, highest: float
) -> None:
    encoder = load_encoder(str(write_tiny_encoder(tmp_path / "encoder", has_mask=True)))
    model = JointModel(encoder, JointConfig.from_schema(make_schema(), word_dropout=word_dropout))
    texts = [*POSITIVE, *NEGATIVE] * 20
    batch = model.collate(
        [make_item(model.config, e, *annotate(t)) for e, t in zip(model.encode(texts), texts, strict=True)]
    )
    torch.manual_seed(0)
    read = read_pieces(model.train(), batch)
    is_special = torch.isin(batch.piece_ids, torch.tensor(encoder.tokenizer.all_special_ids))
    assert torch.equal(read[is_special], batch.piece_ids[is_special])
    is_hidden = read == encoder.tokenizer.mask_token_id
    assert torch.equal(read[~is_hidden], batch.piece_ids[~is_hidden])
    assert lowest <= is_hidden[~is_special].float().mean().item() <= highest
    assert torch.equal(read_pieces(model.eval(), batch), batch.piece_ids)


def test_an_encoder_without_a_mask_reads_every_piece(tmp_path: Path) -> None:
    model = make_model(tmp_path, word_dropout=0.5).train()
    assert model.tokenizer.mask_token_id is None
    batch = model.collate([make_item(model.config, one, [], []) for one in model.encode(POSITIVE)])
    assert torch.equal(read_pieces(model, batch), batch.piece_ids)


def test_given_mentions_are_related_as_those_that_it_found(model: JointModel) -> None:
    fit(model, num_epochs=60)
    texts = POSITIVE + NEGATIVE
    found = model.predict(texts)
    related = model.relate(texts, [one.mentions for one in found])
    assert [set(several) for several in related] == [set(one.relations) for one in found]
    for several, one in zip(related, found, strict=True):
        scores = {relation: relation.score for relation in one.relations}
        assert {r: r.score for r in several} == pytest.approx(scores, abs=1e-4)


def test_only_given_mentions_are_related(model: JointModel) -> None:
    fit(model, num_epochs=60)
    (chemical, disease), _ = annotate(POSITIVE[0])
    stranger = find_mention(POSITIVE[0], "caused", "Gene")
    nothing, one = model.relate([POSITIVE[0]] * 2, [[disease], [stranger, disease, chemical]])
    assert nothing == ()
    assert one == (Relation(chemical, disease, "CID"),)
    assert model.relate([], []) == []


def test_the_candidates_of_a_sentence_are_read_together_and_scored_as_related_mentions_are(model: JointModel) -> None:
    text = "aspirin caused nausea and severe rash ."
    drug, *diseases = (
        find_mention(text, "aspirin", "Chemical"),
        find_mention(text, "nausea", "Disease"),
        find_mention(text, "severe rash", "Disease"),
    )
    given = [Instance(str(i), text, drug, disease) for i, disease in enumerate(diseases)]
    seen: list[int] = []
    handle = model.encoder.register_forward_pre_hook(lambda _, pieces: seen.append(len(pieces[0])))
    logits = model.score_candidates(given)
    handle.remove()
    assert seen == [1]
    model.decide(temperature=2.0, threshold=0.0)
    (related,) = model.relate([text], [[drug, *diseases]])
    expected = {one.tail: (torch.tensor(logits[one.id]) / 2).softmax(-1)[1].item() for one in given}
    assert {one.tail: one.score for one in related} == pytest.approx(expected)


def test_a_candidate_with_an_unknown_type_is_left_out_and_the_others_are_not(model: JointModel) -> None:
    text = POSITIVE[0]
    (drug, disease), _ = annotate(text)
    gene = replace(disease, entity_type="Gene")
    found = model.score_candidates([Instance("1", text, drug, gene), Instance("2", text, drug, disease)])
    assert list(found) == ["2"]
    assert model.score_candidates([]) == {}


@pytest.mark.parametrize(("threshold", "label"), [(0.0, "CID"), (1.0, "NO_RELATION")])
def test_the_threshold_of_the_config_decides_wherever_pairs_are_labelled(
    model: JointModel, threshold: float, label: str
) -> None:
    text = POSITIVE[0]
    mentions, _ = annotate(text)
    fit(model, num_epochs=30)
    model.decide(temperature=1.0, threshold=threshold)
    assert model.classify([Instance("1", text, *mentions)]) == {"1": label}
    (related,) = model.relate([text], [mentions])
    (prediction,) = model.predict([text])
    assert len(related) == len(prediction.relations) == (label == "CID")
