"""The two networks: BERT as the transformers library has it, two layers of it."""
import torch
from torch.nn import functional as F
from transformers import BertConfig, BertForSequenceClassification, BertModel

from vocabulary_size import SIZE

WIDTH, LAYERS, HEADS, HIDDEN, POSITIONS = 128, 2, 4, 384, 256


def configuration(**others):
    return BertConfig(
        vocab_size=SIZE, hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=HIDDEN,
        max_position_embeddings=POSITIONS, type_vocab_size=2, hidden_act='gelu', layer_norm_eps=1e-12, pad_token_id=0,
        hidden_dropout_prob=0.05, attention_probs_dropout_prob=0.05, attn_implementation='sdpa', **others,
    )


SINK = 8


def finder():
    made = BertModel(configuration(), add_pooling_layer=False)
    # Layers begin as if they were not there, so that what words mean is learned first and stays.
    for layer in made.encoder.layer:
        torch.nn.init.zeros_(layer.attention.output.dense.weight)
        torch.nn.init.zeros_(layer.output.dense.weight)
    torch.nn.init.zeros_(made.embeddings.position_embeddings.weight)
    torch.nn.init.zeros_(made.embeddings.token_type_embeddings.weight)
    # Norms make all words equally loud. What a word has in the first numbers is taken away by the last norm, so the more it
    # has there the less it counts.
    made.encoder.layer[-1].output.LayerNorm.weight.data[:SINK] = 0
    return made


def turned(model):
    """The same network with the numbers that are always nothing at the end of its vectors, so that the first ones say most."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            gives = 'embeddings' in name or 'LayerNorm' in name or 'output.dense' in name
            along = value.dim() - 1 if 'embeddings' in name or not gives else 0
            if gives or name.endswith('weight'):
                value.copy_(value.roll(-SINK, along))
    return model


def quieten(model, counts):
    """Words begin as loud as they are rare. `counts` are how many texts have each."""
    rare = torch.log(1 + counts.max() / (1 + counts))
    loud = (rare / rare.max()).clamp(0.12, 1)
    words = model.embeddings.word_embeddings.weight.data
    words[:, SINK:] -= words[:, SINK:].mean(1, keepdim=True)
    energy = words[:, SINK:].square().sum(1) * (1 - loud**2) / loud**2
    words[:, :SINK] = (energy / SINK).sqrt()[:, None] * torch.tensor([1.0, -1.0]).repeat(SINK // 2)


def of_words(model):
    """What the network makes of each word of the vocabulary while its layers do nothing."""
    words = model.embeddings.word_embeddings.weight
    last = model.encoder.layer[-1].output.LayerNorm
    return F.layer_norm(words, words.shape[1:], last.weight, last.bias, 1e-12)


def ranker():
    return BertForSequenceClassification(configuration(num_labels=1))


def mean(hidden, mask):
    mask = mask[..., None].float()
    return (hidden * mask).sum(1) / mask.sum(1)


def vectors(model, ids, mask):
    """One for each row, of length 1."""
    return F.normalize(mean(model(input_ids=ids, attention_mask=mask).last_hidden_state, mask), dim=-1)


def bags(words, lists):
    """The same for rows of words without layers, where `words` is of_words(model)."""
    flat = torch.tensor([id for ids in lists for id in ids])
    starts = torch.tensor([0] + [len(ids) for ids in lists[:-1]]).cumsum(0)
    return F.normalize(F.embedding_bag(flat, words, starts, mode='mean'), dim=-1)
