"""A recipe from start to end, on a tiny base and a handful of rows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import PeftModel
from pydantic import ValidationError
from safetensors.torch import load_file
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertModel,
    MPNetConfig,
    MPNetModel,
)

from newsml.article import Article
from newsml.errors import DataError, ModelError, TrainingError, WriteError
from newsml.models.batches import TextPair
from newsml.models.card import read_card
from newsml.models.classifier import Classifier, softmax
from newsml.models.embedder import Embedder
from newsml.models.torch_encoder import TorchEncoder
from newsml.tasks.stance import StanceDetector
from newsml.tasks.summarize import Summarizer
from newsml.tasks.topics import TopicClassifier
from newsml.training.classifiers import parts
from newsml.training.finetune import Outcome, finetune
from newsml.training.head import REGULARISATION

TABLE = {"path": "rows.jsonl", "columns": {"text": "text", "label": "label"}}
PAIRS = [TextPair("Rain", "The team won the cup."), TextPair("Snow fell on the border.")]


def test_lora_leaves_an_adapter_a_card_and_a_record(recipe: Any, models: Path) -> None:
    said: list[str] = []
    outcome = finetune(recipe(), say=said.append)
    card = read_card(outcome.folder)
    assert (card.name, card.task, card.base) == ("tiny", "topics", str(models / "base"))
    assert card.labels == outcome.labels == ("sport", "war", "weather")
    assert card.max_tokens == 32
    assert card.calibration is not None
    assert card.calibration.rows == 6
    assert card.calibration.error is not None
    assert "6 held-out rows of 1 table;" in (card.calibration.how or "")
    assert {figure.metric for figure in card.figures} >= {"accuracy", "macro-F1", "Brier score", "F1 war"}
    assert not {"MCC", "micro-F1"} & {figure.metric for figure in card.figures}
    assert all(figure.baseline is not None and figure.rows == 6 for figure in card.figures)
    assert all(figure.low is not None for figure in card.figures)
    record = json.loads((outcome.folder / "training.json").read_text(encoding="utf-8"))
    assert record["rows"] == {"train": 12, "dev": 6}
    assert record["figures"]["all: model"]["rows"] == 6
    assert record["figures"]["all: model"]["MCC"].keys() == {"value", "low", "high"}
    assert record["calibration"]["temperature"] == card.calibration.temperature
    assert sum(record["classes"].values()) == 12
    assert record["config"]["seed"] == 1
    assert {"all: model", "all: tfidf", "all: majority"} <= outcome.figures.keys()
    assert not (outcome.folder.parent / "model.partial").exists()
    assert any("12 rows to train on, 6 held out" in line for line in said)


def test_the_adapter_works_in_newsml_and_in_plain_peft(recipe: Any, models: Path) -> None:
    outcome = finetune(recipe())
    result = TopicClassifier.from_pretrained(outcome.folder).predict(Article("Rain fell on Oslo."))
    assert result.label in outcome.labels
    base = AutoModelForSequenceClassification.from_pretrained(models / "base", num_labels=3)
    plain = PeftModel.from_pretrained(base, outcome.folder).eval()
    same_logits(plain, models / "base", Classifier.merged(models / "base", outcome.folder, outcome.labels))


def test_a_whole_model_works_in_plain_transformers(recipe: Any) -> None:
    outcome = finetune(recipe(method="full"))
    plain = AutoModelForSequenceClassification.from_pretrained(outcome.folder).eval()
    assert tuple(plain.config.id2label[n] for n in range(3)) == outcome.labels
    same_logits(plain, outcome.folder, Classifier.whole(outcome.folder))
    classifier = TopicClassifier.from_pretrained(outcome.folder)
    assert classifier.labels == outcome.labels
    assert classifier.predict(Article("Rain fell on Oslo.")).label in outcome.labels


@pytest.mark.parametrize("method", ["head", "few-shot"])
def test_a_head_on_means_follows_the_formula_of_its_card(recipe: Any, models: Path, method: str) -> None:
    outcome = finetune(recipe(method=method))
    card = read_card(outcome.folder)
    assert card.formula is not None
    assert "logits = W v + b" in card.formula
    encoder, tokenizer = AutoModel.from_pretrained(models / "base"), AutoTokenizer.from_pretrained(models / "base")
    if method == "few-shot":
        encoder = PeftModel.from_pretrained(encoder, outcome.folder)
    head = load_file(outcome.folder / "mean_head.safetensors")
    text = "Rain fell on Oslo, and the ministers talked of peace."
    with torch.no_grad():
        vector = encoder.eval()(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0)
    expected = head["weight"] @ torch.nn.functional.normalize(vector, dim=0) + head["bias"]
    ours = on_means(models / "base", outcome)
    np.testing.assert_allclose(ours([TextPair(text)])[0], expected, atol=1e-5)
    classifier = TopicClassifier.from_pretrained(outcome.folder)
    assert classifier.labels == outcome.labels
    classifier.save_pretrained(outcome.folder.parent / "again")
    again = TopicClassifier.from_pretrained(outcome.folder.parent / "again")
    assert again.predict(Article(text)).scores == classifier.predict(Article(text)).scores


def on_means(base: Path, outcome: Outcome) -> Classifier:
    return Classifier.on_means(TorchEncoder.load(base, name="base"), outcome.folder, outcome.labels)


def test_a_head_is_what_scikit_learn_fitted(recipe: Any, models: Path) -> None:
    outcome = finetune(recipe(method="head"))
    rows = [json.loads(line) for line in (outcome.folder.parents[1] / "rows.jsonl").read_text().splitlines()]
    logits = np.stack(on_means(models / "base", outcome)([TextPair(row["text"]) for row in rows]))
    right = [outcome.labels[int(row.argmax())] == row_["label"] for row, row_ in zip(logits, rows, strict=True)]
    assert np.mean(right) > 0.6  # Twelve of the eighteen were fitted.


def test_a_head_of_two_classes_gives_the_regressions_own_probabilities(recipe: Any, models: Path) -> None:
    source = {"path": "rows.jsonl", "columns": {"text": "text", "label": "label"}}
    outcome = finetune(recipe(method="head", train=[{**source, "labels": {"sport": "a", "weather": "b", "war": None}}]))
    assert outcome.labels == ("a", "b")
    rows = [json.loads(line) for line in (outcome.folder.parents[1] / "rows.jsonl").read_text().splitlines()]
    kept = [row for row in rows if row["label"] != "war"]
    vectors = np.stack(Embedder(TorchEncoder.load(models / "base", name="base"))([row["text"] for row in kept]))
    regression = make_pipeline(StandardScaler(), LogisticRegression(C=REGULARISATION))
    theirs = regression.fit(vectors, [row["label"] for row in kept]).predict_proba(vectors)
    ours = softmax(np.stack(on_means(models / "base", outcome)([TextPair(row["text"]) for row in kept])))
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_the_same_seed_gives_the_same_weights(recipe: Any, weights: Any, assert_same: Any) -> None:
    one, same = finetune(recipe("one")), finetune(recipe("same"))
    assert_same(one, same)
    assert one.figures == same.figures
    other = weights(finetune(recipe("other", seed=2)))
    assert any(not torch.equal(tensor, other[name]) for name, tensor in weights(one).items())


@pytest.mark.parametrize(
    "changes",
    [{}, {"task": "summary-extractive"}, {"task": "topics-zero-shot"}],
    ids=str,
)
def test_a_killed_run_goes_on_to_the_same_weights(
    recipe: Any, tmp_path: Path, changes: dict[str, Any], assert_same: Any
) -> None:
    if changes.get("task") == "summary-extractive":
        changes = {**changes, "train": [{"path": "rows.jsonl", "columns": {"text": "text", "summary": "text"}}]}
    whole = finetune(recipe("whole", **changes))
    # What a run killed after the second step leaves: that checkpoint, and no model.
    checkpoints = tmp_path / "killed" / "checkpoints"
    checkpoints.mkdir(parents=True)
    shutil.copyfile(tmp_path / "whole" / "checkpoints" / "run", checkpoints / "run")
    killed = recipe("killed", **changes)
    copy_checkpoint(recipe, "half", changes, checkpoints)
    said: list[str] = []
    resumed = finetune(killed, say=said.append)
    assert any("going on from step 2 of 4" in line for line in said)
    assert_same(whole, resumed)


def copy_checkpoint(recipe: Any, name: str, changes: dict[str, Any], into: Path) -> None:
    """The checkpoint of step 2 of a run that plans four steps."""
    from transformers import TrainerCallback

    from newsml.training import trainer as module

    class Stop(TrainerCallback):  # type: ignore[misc]
        def on_save(self, _args: Any, state: Any, control: Any, **_: Any) -> None:
            control.should_training_stop = state.global_step == 2

    half = recipe(name, **changes)
    plain = module.train

    def stopping(trainer: Any, *rest: Any) -> None:
        trainer.add_callback(Stop())
        plain(trainer, *rest)

    with pytest.MonkeyPatch.context() as patch:
        for place in ("classifiers", "few_shot", "sentences", "label_space"):
            patch.setattr(f"newsml.training.{place}.train", stopping)
        finetune(half)
    shutil.copytree(Path(half.output) / "checkpoints" / "checkpoint-2", into / "checkpoint-2")


def test_checkpoints_of_another_recipe_are_not_taken_up(recipe: Any, tmp_path: Path) -> None:
    finetune(recipe())
    finetune(recipe())  # Nothing is left to do, and nothing is wrong.
    with pytest.raises(TrainingError, match="checkpoints of another recipe"):
        finetune(recipe(training={"learning_rate": 0.1}))
    with (tmp_path / "rows.jsonl").open("a", encoding="utf-8") as rows:
        rows.write('\n{"text": "Rain again.", "label": "weather"}')
    with pytest.raises(TrainingError, match="or of other rows"):
        finetune(recipe())
    assert read_card(tmp_path / "out" / "model").name == "tiny"


def test_stance_and_summaries_are_fitted_too(recipe: Any, tmp_path: Path) -> None:
    rows = [
        {"text": f"Russia sent troops {n}. Rain fell.", "claim": "Troops moved.", "label": ("agree", "discuss")[n % 2]}
        for n in range(8)
    ]
    (tmp_path / "claims.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    columns = {"text": "text", "claim": "claim", "label": "label"}
    source = {"path": "claims.jsonl", "columns": columns, "unrelated": 1, "dev": 0.25}
    labels = ["agree", "disagree", "discuss", "unrelated"]
    claims = finetune(recipe("claims", task="claim-stance", labels=labels, train=[source]))
    assert claims.figures["all: model"].figures[0].name == "FNC-1 weighted score"
    article = Article("Russia sent troops. Rain fell over Oslo.")
    assert StanceDetector.from_pretrained(claims.folder).predict(article, claim="Troops moved.").label in labels
    source = {"path": "claims.jsonl", "columns": {"text": "text", "summary": "claim"}, "dev": 0.25}
    scorer = finetune(recipe("scorer", task="summary-extractive", train=[source]))
    assert {"model", "lead-3", "oracle"} == scorer.figures.keys()
    assert scorer.labels == ()
    card = read_card(scorer.folder)
    assert card.calibration is None
    assert [figure.metric for figure in card.figures] == ["ROUGE-1", "ROUGE-2", "ROUGE-Lsum"]
    assert all(figure.baseline and figure.baseline.name == "lead-3" for figure in card.figures)
    assert read_card(scorer.folder).formula
    assert len(Summarizer.from_pretrained(scorer.folder).predict(article, sentences=1).sentences) == 1


def write_articles(folder: Path) -> dict[str, Any]:
    """Articles with a summary and a headline, and the recipe's changes that teach a generator both."""
    rows = [
        {
            "text": f"The council of Lund met on day {n}. Rain fell in Oslo all night.",
            "summary": f"Lund's council met on day {n}. Aliens landed.",
            "headline": "Council of Lund met",
        }
        for n in range(8)
    ]
    (folder / "articles.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    source = {"path": "articles.jsonl", "dev": 0.25}
    return {
        "task": "summary-abstractive",
        "training": {"max_tokens": 1024},
        "train": [
            {**source, "columns": {"text": "text", "summary": "summary"}},
            {**source, "columns": {"text": "text", "summary": "headline"}, "label": "headline"},
        ],
    }


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_generator_learns_its_answers(recipe: Any, models: Path, tmp_path: Path, method: str, weights: Any) -> None:
    said: list[str] = []
    changes = write_articles(tmp_path) | {"base": str(models / "chat"), "method": method}
    changes["training"] = changes["training"] | {"max_steps": 30, "learning_rate": 0.01}
    outcome = finetune(recipe(**changes), say=said.append)
    assert "training on 12 answers that their articles support" in said  # None of the aliens.
    for answers in ("summary", "headline"):
        model, before = (outcome.figures[f"articles.jsonl ({answers}): {name}"] for name in ("model", "untuned"))
        assert model.rows == 2
        assert model.values["perplexity"] < before.values["perplexity"] / 2
    card = read_card(outcome.folder)
    assert (card.task, card.labels, card.calibration) == ("summary-abstractive", None, None)
    assert [figure.baseline.name for figure in card.figures if figure.baseline] == ["untuned", "untuned"]
    summarizer = Summarizer.from_pretrained(outcome.folder)
    assert summarizer.predict(Article("The council of Lund met on day 3. Rain fell."), sentences=1).checked
    if method == "lora":
        assert {weight.dtype for weight in weights(outcome).values()} == {torch.bfloat16}
        plain = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(models / "chat"), outcome.folder)
        assert plain.peft_type == "LORA"


@pytest.fixture(scope="module")
def causal(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chat model without its template."""
    folder = tmp_path_factory.mktemp("causal") / "base"
    shutil.copytree(models / "chat", folder, ignore=shutil.ignore_patterns("chat_template.jinja"))
    return folder


@pytest.mark.parametrize(("base", "method"), [("seq2seq", "lora"), ("seq2seq", "full"), ("causal", "lora")])
def test_every_kind_of_generator_learns_to_summarize(
    recipe: Any, models: Path, causal: Path, tmp_path: Path, base: str, method: str
) -> None:
    said: list[str] = []
    folder = causal if base == "causal" else models / base
    training = {"max_tokens": 512, "max_steps": 30, "learning_rate": 0.01}
    changes = write_articles(tmp_path) | {"base": str(folder), "method": method, "training": training}
    if base == "seq2seq":
        (tmp_path / "articles.jsonl").write_text(
            (tmp_path / "articles.jsonl").read_text(encoding="utf-8").replace(" Aliens landed.", " It rained in Oslo."),
            encoding="utf-8",
        )
        changes["train"] = changes["train"][:1]
    outcome = finetune(recipe(**changes), say=said.append)
    assert f"training on {6 if base == 'seq2seq' else 12} answers that their articles support" in said
    model, before = (outcome.figures[f"articles.jsonl (summary): {name}"] for name in ("model", "untuned"))
    assert model.values["perplexity"] < before.values["perplexity"] / 2
    made = Summarizer.from_pretrained(outcome.folder).predict(Article("The council of Lund met. Rain fell."))
    assert made.kind == "abstractive"
    if method == "lora" and base == "seq2seq":
        plain = PeftModel.from_pretrained(AutoModelForSeq2SeqLM.from_pretrained(folder), outcome.folder)
        assert plain.active_peft_config.task_type == "SEQ_2_SEQ_LM"


def test_a_generator_learns_summaries_and_headlines_only(recipe: Any) -> None:
    source = {"path": "rows.jsonl", "columns": {"text": "text", "summary": "label"}, "label": "poem"}
    with pytest.raises(ValueError, match="got 'poem', expected summary or headline"):
        recipe(task="summary-abstractive", train=[source])


def test_what_a_generator_cannot_learn_from(recipe: Any, models: Path, tmp_path: Path) -> None:
    changes = write_articles(tmp_path)
    with pytest.raises(TrainingError, match="give it tables of one of the two"):
        finetune(recipe(**changes, base=str(models / "seq2seq")))
    with pytest.raises(TrainingError, match="fits training"):
        finetune(recipe(**changes | {"training": {"max_tokens": 16}}, base=str(models / "chat")))


def test_nothing_held_out_gives_no_figures(recipe: Any) -> None:
    source = {"path": "rows.jsonl", "columns": {"text": "text", "label": "label"}}
    assert finetune(recipe(train=[source])).figures == {}


def test_data_that_cannot_be_trained_on(recipe: Any, tmp_path: Path) -> None:
    source = {"path": "rows.jsonl", "columns": {"text": "text", "label": "label"}}
    one = {**source, "labels": {"sport": "sport", "war": None, "weather": None}}
    with pytest.raises(TrainingError, match="at least two classes to train, got sport"):
        finetune(recipe(train=[one]))
    with pytest.raises(TrainingError, match="'war' is in the data but not in labels"):
        finetune(recipe(labels=["sport", "weather"]))
    with pytest.raises(TrainingError, match="no row of 'culture'"):
        finetune(recipe(method="head", labels=["culture", "sport", "war", "weather"]))
    with pytest.raises(TrainingError, match="reads 512 at most"):
        finetune(recipe(training={"max_tokens": 600}))
    with pytest.raises(ModelError):
        finetune(recipe(base=str(tmp_path / "nowhere")))
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(WriteError, match="choose another output"):
        finetune(recipe("file"))


def test_bases_with_a_head_of_several_layers_are_fitted_and_reloaded(
    recipe: Any, models: Path, tmp_path: Path, weights: Any
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(models / "base")
    torch.manual_seed(0)
    config = MPNetConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=130,
        pad_token_id=0,
    )
    MPNetModel(config).save_pretrained(tmp_path / "mpnet")
    tokenizer.save_pretrained(tmp_path / "mpnet")
    outcome = finetune(recipe(base=str(tmp_path / "mpnet")))
    assert any("classifier.dense" in name for name in weights(outcome))
    assert not any("classifier" in name and "lora" in name for name in weights(outcome))
    assert TopicClassifier.from_pretrained(outcome.folder).predict(Article("Rain fell.")).label in outcome.labels
    headed = finetune(recipe("head", base=str(tmp_path / "mpnet"), method="head"))
    assert TopicClassifier.from_pretrained(headed.folder).predict(Article("Rain fell.")).label in headed.labels


def test_a_base_without_a_pooler_cannot_carry_an_adapter(recipe: Any, models: Path, tmp_path: Path) -> None:
    model = BertModel.from_pretrained(models / "base", add_pooling_layer=False)
    model.save_pretrained(tmp_path / "bare")
    AutoTokenizer.from_pretrained(models / "base").save_pretrained(tmp_path / "bare")
    with pytest.raises(TrainingError, match=r"lacks weights for bert\.pooler"):
        finetune(recipe(base=str(tmp_path / "bare")))
    assert finetune(recipe("full", base=str(tmp_path / "bare"), method="full")).labels


def same_logits(plain: Any, folder: Path, ours: Classifier) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for pair, logits in zip(PAIRS, ours(PAIRS), strict=True):
        with torch.inference_mode():
            theirs = plain(**tokenizer(pair.first, pair.second, return_tensors="pt")).logits[0].numpy()
        np.testing.assert_allclose(theirs, logits, atol=1e-5)


def test_a_batch_in_parts_has_the_loss_of_the_whole() -> None:
    lengths = torch.tensor([5, 40, 17, 3, 30])
    inputs = {"input_ids": torch.arange(5 * 48).reshape(5, 48)}
    made = list(parts(inputs, lengths))
    assert sorted(int(row) for rows, _ in made for row in rows) == [0, 1, 2, 3, 4]
    assert [part["input_ids"].shape[1] for _, part in made] == [16, 32, 32, 48]
    for rows, part in made:
        width = part["input_ids"].shape[1]
        assert width >= int(lengths[rows].max())
        assert torch.equal(part["input_ids"], inputs["input_ids"][rows, :width])


def test_cross_validation_judges_every_row_and_keeps_a_model_of_all(recipe: Any) -> None:
    said: list[str] = []
    outcome = finetune(recipe(folds=3), say=said.append)
    measured = outcome.figures["all: model"]
    assert measured.rows == 18
    assert outcome.figures["all: tfidf"].rows == 18
    folds = [line for line in said if line.startswith("fold ")]
    assert folds == [f"fold {n} of 3: 12 rows to train on, 6 held out" for n in (1, 2, 3)]
    record = json.loads((outcome.folder / "training.json").read_text(encoding="utf-8"))
    assert record["rows"] == {"train": 18, "dev": 0}
    assert {figure.split for figure in read_card(outcome.folder).figures} == {
        "3-fold cross-validation by group, seed 1"
    }
    with pytest.raises(DataError, match="18 articles make no 40 folds"):
        finetune(recipe(output="many", folds=40))


@pytest.mark.parametrize(
    ("changes", "message"), [({"folds": 1}, "expected 2 or more"), ({"folds": 2, "train": [TABLE]}, "dev above 0")]
)
def test_folds_that_make_no_sense_are_refused(recipe: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        recipe(**changes)
