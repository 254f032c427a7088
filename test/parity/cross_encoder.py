"""Tiny cross-encoders with random weights, as the Hub has the real ones, and what the library they come from says of pairs.

    python3 test/parity/cross_encoder.py      # writes test/fixtures/reranking/*
"""
import json
import os
import shutil

import numpy as np
import onnxruntime
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig, BertForSequenceClassification, DebertaV2Config, DebertaV2ForSequenceClassification, ModernBertConfig,
    ModernBertForSequenceClassification, PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaForSequenceClassification,
)

from bert import VOCABULARY
from layout import export, strong, write_json

home = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/reranking')
LONGEST = 32
QUERY = 'Where is the red dog?'
DOCUMENTS = ['The red dog is on the moon.', 'a', 'Zebras, who quietly dream of a blue house: the sun is on!', 'Ünïcödé 漢字', 'the cat sat on the moon. ' * 8, '']


class Scores(torch.nn.Module):
    def __init__(self, model, names):
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *values):
        return self.model(**dict(zip(self.names, values))).logits


def word_piece(before, between, after, names):
    """Words and letters, with the special tokens of the family."""
    words = [*names, *VOCABULARY[4:]]
    tokenizer = Tokenizer(models.WordPiece({token: id for id, token in enumerate(words)}, unk_token=names[-1]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    second = 1 if before == '[CLS]' else 0
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f'{before}:0 $A:0 {after}:0',
        pair=f'{before}:0 $A:0 {" ".join(f"{mark}:0" for mark in between)} $B:{second} {after}:{second}',
        special_tokens=[(name, words.index(name)) for name in {before, after, *between}],
    )
    tokenizer.add_special_tokens(names)
    return tokenizer, words


def unigram():
    """Pieces with scores, as SentencePiece makes them."""
    special = ['<s>', '<pad>', '</s>', '<unk>']
    pieces = [*((name, 0.0) for name in special), *((f'▁{word}', -3.0) for word in VOCABULARY[-13:]), ('▁', -4.0), *((letter, -6.0) for letter in 'abcdefghijklmnopqrstuvwxyzTWZ.,?!:')]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement='▁', prepend_scheme='always')
    tokenizer.post_processor = processors.TemplateProcessing(single='<s> $A </s>', pair='<s> $A </s> </s> $B </s>', special_tokens=[('<s>', 0), ('</s>', 2)])
    tokenizer.add_special_tokens(special)
    return tokenizer, [piece for piece, _ in pieces]


def telling(model):
    """What a network that was trained has: hidden states of one size, and a head that is sure of itself."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if 'LayerNorm.weight' in name:
                parameter.abs_().add_(0.8)
            elif name in ('classifier.weight', 'classifier.out_proj.weight'):
                parameter.mul_(6)


def write(name, model, config, tokenizer, marks, names, seed):
    folder = f'{home}/{name}'
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    telling(strong(model, seed, 1.4))
    config.architectures = [type(model).__name__]
    write_json(f'{folder}/config.json', json.loads(config.to_json_string()))
    write_json(f'{folder}/tokenizer.json', json.loads(tokenizer.to_str()), lines=True)
    write_json(f'{folder}/tokenizer_config.json', {'tokenizer_class': 'PreTrainedTokenizerFast', 'model_max_length': LONGEST, **marks})
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=LONGEST, model_input_names=names, **marks)
    example = fast([QUERY, QUERY], ['a', 'the cat'], padding=True, return_tensors='pt')
    axes = {input: {0: 'batch_size', 1: 'sequence_length'} for input in names} | {'logits': {0: 'batch_size'}}
    export(Scores(model, names), [example[input] for input in names], names, ['logits'], axes, f'{folder}/onnx/model.onnx')
    session = onnxruntime.InferenceSession(f'{folder}/onnx/model.onnx')
    cases = []
    for document in DOCUMENTS:
        # Of the two only the text is cut, as whoever ranks wants it.
        row = fast([QUERY], [document], truncation='only_second', max_length=LONGEST, return_tensors='pt')
        with torch.no_grad():
            logits = model(**{input: row[input] for input in names}).logits[0]
        other = session.run(None, {input: row[input].numpy() for input in names})[0][0]
        assert np.abs(other - logits.numpy()).max() < 1e-4
        cases.append({'document': document, 'ids': row['input_ids'][0].tolist(), 'logits': [round(value, 6) for value in logits.tolist()]})
    write_json(f'{folder}/reference.json', {'query': QUERY, 'cases': cases}, lines=True)
    print(name, os.path.getsize(f'{folder}/onnx/model.onnx'), [case['logits'] for case in cases])


def bert(name, labels, seed):
    tokenizer, words = word_piece('[CLS]', ['[SEP]'], '[SEP]', ['[PAD]', '[CLS]', '[SEP]', '[UNK]'])
    config = BertConfig(vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=64, num_labels=labels, attn_implementation='eager', pad_token_id=0)
    config.sentence_transformers = {'activation_fn': 'torch.nn.modules.linear.Identity'}
    marks = {'pad_token': '[PAD]', 'cls_token': '[CLS]', 'sep_token': '[SEP]', 'unk_token': '[UNK]'}
    write(name, BertForSequenceClassification(config), config, tokenizer, marks, ['input_ids', 'attention_mask', 'token_type_ids'], seed)


def xlm_roberta(name, seed):
    tokenizer, words = unigram()
    config = XLMRobertaConfig(vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=LONGEST + 2, type_vocab_size=1, num_labels=1, attn_implementation='eager', pad_token_id=1, bos_token_id=0, eos_token_id=2)
    marks = {'pad_token': '<pad>', 'bos_token': '<s>', 'eos_token': '</s>', 'cls_token': '<s>', 'sep_token': '</s>', 'unk_token': '<unk>'}
    write(name, XLMRobertaForSequenceClassification(config), config, tokenizer, marks, ['input_ids', 'attention_mask'], seed)


def deberta(name, seed):
    """Positions relative to each other, as mxbai-rerank has them."""
    tokenizer, words = word_piece('[CLS]', ['[SEP]'], '[SEP]', ['[PAD]', '[CLS]', '[SEP]', '[UNK]'])
    config = DebertaV2Config(vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=64, type_vocab_size=0, relative_attention=True, position_buckets=8, norm_rel_ebd='layer_norm', share_att_key=True, pos_att_type='p2c|c2p', num_labels=1, pad_token_id=0, pooler_hidden_size=16)
    marks = {'pad_token': '[PAD]', 'cls_token': '[CLS]', 'sep_token': '[SEP]', 'unk_token': '[UNK]'}
    write(name, DebertaV2ForSequenceClassification(config), config, tokenizer, marks, ['input_ids', 'attention_mask'], seed)


def modern_bert(name, seed):
    """Rotated positions and windows of attention, as gte-reranker-modernbert has them."""
    tokenizer, words = word_piece('[CLS]', ['[SEP]'], '[SEP]', ['[PAD]', '[CLS]', '[SEP]', '[UNK]'])
    config = ModernBertConfig(vocab_size=len(words), hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32, max_position_embeddings=64, local_attention=8, global_attn_every_n_layers=3, num_labels=1, pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2, classifier_pooling='mean', attn_implementation='eager', reference_compile=False)
    marks = {'pad_token': '[PAD]', 'cls_token': '[CLS]', 'sep_token': '[SEP]', 'unk_token': '[UNK]'}
    write(name, ModernBertForSequenceClassification(config), config, tokenizer, marks, ['input_ids', 'attention_mask'], seed)


if __name__ == '__main__':
    bert('bert', 1, 5)
    bert('bert-two-labels', 2, 6)
    xlm_roberta('xlm-roberta', 7)
    modern_bert('modernbert', 8)
    deberta('deberta-v2', 9)
