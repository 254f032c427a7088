"""Writes what ships, of both: the graphs, their settings, the tokenizer and manifest.json, laid out as sentence-transformers' exports are.

    python3 export.py [--finder finder] [--ranker ranker]    # from out/*.pt to registry/starter/{finder,ranker}
"""
import argparse
import hashlib
import json
import os

import torch
from onnx import save

from data import here, out
from graph import as_shipped, finder_graph, ranker_graph
from model import HEADS, HIDDEN, LAYERS, POSITIONS, WIDTH, finder, ranker, turned
from vocabulary_size import SIZE

starters = os.path.join(here, '../..')
ROLES = {'onnx/model.onnx': 'weights', 'config.json': 'config', 'tokenizer.json': 'tokenizer'}


def load(make, name):
    """Weights as the files hold them."""
    model = make()
    model.load_state_dict(torch.load(os.path.join(out, f'{name}.pt'), weights_only=True))
    return as_shipped(turned(model) if make is finder else model)


def bert(kind, **others):
    return {
        'architectures': [kind], 'attention_probs_dropout_prob': 0.0, 'hidden_act': 'gelu', 'hidden_dropout_prob': 0.0, 'hidden_size': WIDTH,
        'initializer_range': 0.02, 'intermediate_size': HIDDEN, 'layer_norm_eps': 1e-12, 'max_position_embeddings': POSITIONS, 'model_type': 'bert',
        'num_attention_heads': HEADS, 'num_hidden_layers': LAYERS, 'pad_token_id': 0, 'torch_dtype': 'float32', 'type_vocab_size': 2, 'vocab_size': SIZE, **others,
    }


TOKENIZER = {
    'clean_up_tokenization_spaces': True, 'cls_token': '[CLS]', 'do_lower_case': True, 'mask_token': '[MASK]', 'model_max_length': POSITIONS,
    'pad_token': '[PAD]', 'sep_token': '[SEP]', 'strip_accents': None, 'tokenize_chinese_chars': True, 'tokenizer_class': 'BertTokenizer', 'unk_token': '[UNK]',
}


def finder_settings():
    part = lambda at, name, kind: {'idx': at, 'name': str(at), 'path': name, 'type': f'sentence_transformers.models.{kind}'}
    return {
        'config.json': bert('BertModel'),
        'tokenizer_config.json': TOKENIZER,
        'modules.json': [part(0, '', 'Transformer'), part(1, '1_Pooling', 'Pooling'), part(2, '2_Normalize', 'Normalize')],
        'sentence_bert_config.json': {'max_seq_length': POSITIONS, 'do_lower_case': False},
        'config_sentence_transformers.json': {'prompts': {}, 'default_prompt_name': None, 'similarity_fn_name': 'cosine'},
        '1_Pooling/config.json': {'word_embedding_dimension': WIDTH, 'pooling_mode_cls_token': False, 'pooling_mode_mean_tokens': True, 'pooling_mode_max_tokens': False, 'pooling_mode_mean_sqrt_len_tokens': False},
    }


def ranker_settings():
    return {
        'config.json': bert('BertForSequenceClassification', id2label={'0': 'LABEL_0'}, label2id={'LABEL_0': 0}),
        'tokenizer_config.json': TOKENIZER,
    }


def write(name, task, model, graph, settings, description):
    folder = os.path.join(starters, name)
    for file, content in settings.items():
        os.makedirs(os.path.dirname(os.path.join(folder, file)), exist_ok=True)
        with open(os.path.join(folder, file), 'w') as target:
            json.dump(content, target, indent='\t')
            target.write('\n')
    with open(os.path.join(here, 'tokenizer.json')) as source, open(os.path.join(folder, 'tokenizer.json'), 'w') as target:
        target.write(source.read())
    os.makedirs(os.path.join(folder, 'onnx'), exist_ok=True)
    save(graph, os.path.join(folder, 'onnx/model.onnx'))
    files = []
    for file in ['onnx/model.onnx', 'tokenizer.json', *settings]:
        with open(os.path.join(folder, file), 'rb') as source:
            data = source.read()
        files.append({'role': ROLES.get(file, file), 'url': f'./{file}', 'bytes': len(data), 'sha256': hashlib.sha256(data).hexdigest()})
    count = sum(value.numel() for value in model.parameters())
    manifest = {
        'schema': 1, 'name': name, 'family': 'bert', 'tasks': [task], 'license': 'Apache-2.0', 'parameters': count, 'description': description.format(count / 1e6),
        'variants': [{'tag': 'int8', 'format': 'onnx', 'quantization': 'Q8', 'files': files}],
    }
    with open(os.path.join(folder, 'manifest.json'), 'w') as target:
        json.dump(manifest, target, indent='\t')
        target.write('\n')
    print(name, count, 'parameters,', sum(file['bytes'] for file in files), 'bytes')


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--finder', default='finder')
    arguments.add_argument('--ranker', default='ranker')
    options = arguments.parse_args()
    model = load(finder, options.finder)
    write('finder', 'embedding', model, finder_graph(model), finder_settings(), 'A toy of {:.1f} million parameters, built in: it turns English into vectors well enough to find a page of mofa\'s own documentation; for anything else take a real one.')
    if os.path.exists(os.path.join(out, f'{options.ranker}.pt')):
        model = load(ranker, options.ranker)
        write('ranker', 'reranking', model, ranker_graph(model), ranker_settings(), 'A toy of {:.1f} million parameters, built in: it tells which page of mofa\'s own documentation answers a question; for anything else take a real one.')


if __name__ == '__main__':
    main()
