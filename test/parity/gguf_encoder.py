"""The tiny encoders of bert.py and cross_encoder.py, and a tiny Qwen3 that makes vectors, as GGUF files: random weights, real layouts.

    python3 test/parity/gguf_encoder.py      # needs the package gguf; writes test/fixtures/gguf

Whatever the files give is compared with what the other two scripts wrote of the same weights, and with `reference.json` here.
"""
import json
import os
import shutil

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel, Qwen3Config, Qwen3Model, XLMRobertaConfig, XLMRobertaForSequenceClassification

import bert
import cross_encoder
from layout import strong, write_json

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/gguf')
NORMAL, UNKNOWN, CONTROL = 1, 2, 3
END = '<|endoftext|>'
PARTS = {
    'attention.self.query': 'attn_q', 'attention.self.key': 'attn_k', 'attention.self.value': 'attn_v',
    'attention.output.dense': 'attn_output', 'attention.output.LayerNorm': 'attn_output_norm',
    'intermediate.dense': 'ffn_up', 'output.dense': 'ffn_down', 'output.LayerNorm': 'layer_output_norm',
}


def array(tensor):
    return np.ascontiguousarray(tensor.detach().float().numpy())


def encoder_tensors(writer, state, positions):
    """BERT and RoBERTa alike; positions begin where the network's own do."""
    writer.add_tensor('token_embd.weight', array(state['embeddings.word_embeddings.weight']))
    writer.add_tensor('token_types.weight', array(state['embeddings.token_type_embeddings.weight']))
    writer.add_tensor('position_embd.weight', array(state['embeddings.position_embeddings.weight'][positions]))
    for kind in ('weight', 'bias'):
        writer.add_tensor(f'token_embd_norm.{kind}', array(state[f'embeddings.LayerNorm.{kind}']))
        for layer in range(2):
            for theirs, ours in PARTS.items():
                writer.add_tensor(f'blk.{layer}.{ours}.{kind}', array(state[f'encoder.layer.{layer}.{theirs}.{kind}']))


def encoder_header(writer, config, length, pooling):
    writer.add_context_length(length)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(config.num_attention_heads)
    writer.add_layer_norm_eps(config.layer_norm_eps)
    writer.add_causal_attention(False)
    writer.add_token_type_count(config.type_vocab_size)
    if pooling is not None:
        writer.add_pooling_type(pooling)


def save(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_bert(name, pooling):
    config = BertConfig(vocab_size=len(bert.VOCABULARY), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, max_position_embeddings=64, attn_implementation='eager')
    model = strong(BertModel(config, add_pooling_layer=False), 7, 1.4)
    writer = gguf.GGUFWriter(f'{folder}/{name}.gguf', 'bert')
    writer.add_name('tiny bert')
    encoder_header(writer, config, bert.LONGEST, pooling)
    special = bert.VOCABULARY[:4]
    writer.add_tokenizer_model('bert')
    writer.add_token_list([token if token in special else token[2:] if token.startswith('##') else f'▁{token}' for token in bert.VOCABULARY])
    writer.add_token_types([UNKNOWN if token == '[UNK]' else CONTROL if token in special else NORMAL for token in bert.VOCABULARY])
    writer.add_pad_token_id(0)
    writer.add_unk_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_sep_token_id(3)
    encoder_tensors(writer, model.state_dict(), slice(0, bert.LONGEST))
    save(writer)


def write_ranker(name):
    tokenizer, pieces = cross_encoder.unigram()
    scores = dict(zip(pieces, (score for _, score in json.loads(tokenizer.to_str())['model']['vocab'])))
    config = XLMRobertaConfig(vocab_size=len(pieces), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=cross_encoder.LONGEST + 2, type_vocab_size=1, num_labels=1, attn_implementation='eager', pad_token_id=1, bos_token_id=0, eos_token_id=2)
    model = strong(XLMRobertaForSequenceClassification(config), 7, 1.4)
    cross_encoder.telling(model)
    writer = gguf.GGUFWriter(f'{folder}/{name}.gguf', 'bert')
    writer.add_name('tiny ranker')
    encoder_header(writer, config, cross_encoder.LONGEST, gguf.PoolingType.RANK)
    writer.add_tokenizer_model('t5')
    writer.add_token_list(pieces)
    writer.add_token_scores([scores[piece] for piece in pieces])
    writer.add_token_types([UNKNOWN if piece == '<unk>' else CONTROL if piece in pieces[:3] else NORMAL for piece in pieces])
    writer.add_add_space_prefix(True)
    writer.add_remove_extra_whitespaces(True)
    writer.add_bos_token_id(0)
    writer.add_pad_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_sep_token_id(2)
    writer.add_unk_token_id(3)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(True)
    writer.add_add_sep_token(True)
    state = model.state_dict()
    encoder_tensors(writer, {key.removeprefix('roberta.'): value for key, value in state.items()}, slice(2, None))
    for kind in ('weight', 'bias'):
        writer.add_tensor(f'cls.{kind}', array(state[f'classifier.dense.{kind}']))
        writer.add_tensor(f'cls.output.{kind}', array(state[f'classifier.out_proj.{kind}']))
    save(writer)


def qwen3(name, pooling):
    """Bytes are tokens, with one pair joined."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [*letters, 'he', END]
    config = Qwen3Config(vocab_size=len(tokens), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, head_dim=16, max_position_embeddings=64, rope_theta=10000.0, attn_implementation='eager')
    model = strong(Qwen3Model(config), 11, 1.4)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if 'norm' in key:
                parameter.abs_().add_(0.8)
    writer = gguf.GGUFWriter(f'{folder}/{name}.gguf', 'qwen3')
    writer.add_name('Tiny Qwen3 Embedding 0.6B')
    writer.add_context_length(64)
    writer.add_embedding_length(32)
    writer.add_feed_forward_length(64)
    writer.add_block_count(2)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_key_length(16)
    writer.add_value_length(16)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_pooling_type(pooling)
    writer.add_tokenizer_model('gpt2')
    writer.add_tokenizer_pre('qwen2')
    writer.add_token_list(tokens)
    writer.add_token_types([*(NORMAL for _ in tokens[:-1]), CONTROL])
    writer.add_token_merges(['h e'])
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_pad_token_id(len(tokens) - 1)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(pooling == gguf.PoolingType.LAST)
    # As the real ones have it, though nobody chats with them.
    writer.add_chat_template("{% for message in messages %}{{ message['content'] }}{% endfor %}")
    state = model.state_dict()
    writer.add_tensor('token_embd.weight', array(state['embed_tokens.weight']))
    writer.add_tensor('output_norm.weight', array(state['norm.weight']))
    parts = {
        'input_layernorm': 'attn_norm', 'self_attn.q_proj': 'attn_q', 'self_attn.k_proj': 'attn_k', 'self_attn.v_proj': 'attn_v',
        'self_attn.q_norm': 'attn_q_norm', 'self_attn.k_norm': 'attn_k_norm', 'self_attn.o_proj': 'attn_output',
        'post_attention_layernorm': 'ffn_norm', 'mlp.gate_proj': 'ffn_gate', 'mlp.up_proj': 'ffn_up', 'mlp.down_proj': 'ffn_down',
    }
    for layer in range(2):
        for theirs, ours in parts.items():
            writer.add_tensor(f'blk.{layer}.{ours}.weight', array(state[f'layers.{layer}.{theirs}.weight']))
    tokenizer = Tokenizer(models.BPE({token: id for id, token in enumerate(tokens)}, [('h', 'e')]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens([END])
    return writer, model, tokenizer


def said_of_last(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids])).last_hidden_state[0, -1]


def write_qwen3_embedding(name):
    """A vector is what the network says of the token that ends a text."""
    writer, model, tokenizer = qwen3(name, gguf.PoolingType.LAST)
    save(writer)
    cases = []
    for text in ('the red dog', 'a', 'Ünï 漢'):
        ids = tokenizer.encode(text + END).ids
        vector = torch.nn.functional.normalize(said_of_last(model, ids), dim=0)
        cases.append({'text': text, 'ids': ids, 'vector': [round(value, 6) for value in vector.tolist()]})
    write_json(f'{folder}/{name}.json', {'cases': cases}, lines=True)


def write_qwen3_ranker(name):
    """A score is the share of yes beside no, after a template that holds both texts."""
    writer, model, tokenizer = qwen3(name, gguf.PoolingType.RANK)
    template = END + 'Q: {query}\nD: {document}' + END + 'yes?\n'
    writer.add_string('tokenizer.chat_template.rerank', template)
    writer.add_classifier_output_labels(['yes', 'no'])
    torch.manual_seed(3)
    head = torch.randn(2, 32) * 0.4
    writer.add_tensor('cls.output.weight', array(head))
    save(writer)
    query, cases = 'where is the dog?', []
    for document in ('the red dog', 'a', 'he'):
        ids = tokenizer.encode(template.replace('{query}', query).replace('{document}', document)).ids
        yes, no = (head @ said_of_last(model, ids)).tolist()
        cases.append({'document': document, 'ids': ids, 'logit': round(yes - no, 6)})
    write_json(f'{folder}/{name}.json', {'query': query, 'cases': cases}, lines=True)


def make():
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    write_bert('bert', gguf.PoolingType.MEAN)
    write_ranker('ranker')
    write_qwen3_embedding('qwen3-embedding')
    write_qwen3_ranker('qwen3-ranker')
    print({file: os.path.getsize(f'{folder}/{file}') for file in os.listdir(folder)})


if __name__ == '__main__':
    make()
