"""A tiny BERT with random weights, as sentence-transformers lays the real ones out, and what its vectors are by that project's rules.

    python3 test/parity/bert.py      # writes test/fixtures/embedding/bert
"""
import json
import os
import shutil

import numpy as np
import onnxruntime
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from layout import export, strong, write_json

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/embedding/bert')
LETTERS = 'abcdefghijklmnopqrstuvwxyz'
WORDS = 'the a cat dog sun moon on is sat red blue where who house'.split()
VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '.', ',', '?', '!', ':', *LETTERS, *(f'##{letter}' for letter in LETTERS), *(word for word in WORDS if len(word) > 1)]
LONGEST = 24
PROMPTS = {'query': 'query: ', 'document': 'passage: '}
TEXTS = ['The cat sat on the moon.', 'a', 'Where is the red dog?', 'Zebras, who quietly dream of a blue house: the sun is on!', 'Ünïcödé 漢字', 'house ' * 40]


class Hidden(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state


def pooled(hidden):
    """One text without padding: what each way of pooling makes of it."""
    ways = {'mean': hidden.mean(0), 'cls': hidden[0], 'last': hidden[-1], 'max': hidden.max(0).values}
    return {way: [round(value, 6) for value in torch.nn.functional.normalize(vector, dim=0).tolist()] for way, vector in ways.items()}


def make():
    shutil.rmtree(folder, ignore_errors=True)
    config = BertConfig(vocab_size=len(VOCABULARY), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, max_position_embeddings=64, attn_implementation='eager')
    config.architectures = ['BertModel']
    model = strong(BertModel(config, add_pooling_layer=False), 7, 1.4)
    tokenizer = Tokenizer(models.WordPiece({token: id for id, token in enumerate(VOCABULARY)}, unk_token='[UNK]'))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(single='[CLS]:0 $A:0 [SEP]:0', pair='[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1', special_tokens=[('[CLS]', 2), ('[SEP]', 3)])
    tokenizer.add_special_tokens(['[PAD]', '[UNK]', '[CLS]', '[SEP]'])
    tokenizer.enable_truncation(LONGEST)
    os.makedirs(folder)
    write_json(f'{folder}/config.json', json.loads(config.to_json_string()))
    # As the real ones have it: for other lengths than the model's own, which whoever reads it must not follow.
    written = json.loads(tokenizer.to_str())
    written['truncation']['max_length'] = 8
    written['padding'] = {'strategy': {'Fixed': 8}, 'direction': 'Right', 'pad_to_multiple_of': None, 'pad_id': 0, 'pad_type_id': 0, 'pad_token': '[PAD]'}
    write_json(f'{folder}/tokenizer.json', written, lines=True)
    write_json(f'{folder}/tokenizer_config.json', {'tokenizer_class': 'BertTokenizer', 'do_lower_case': True, 'model_max_length': 512, 'pad_token': '[PAD]', 'unk_token': '[UNK]', 'cls_token': '[CLS]', 'sep_token': '[SEP]'})
    write_json(f'{folder}/modules.json', [
        {'idx': 0, 'name': '0', 'path': '', 'type': 'sentence_transformers.models.Transformer'},
        {'idx': 1, 'name': '1', 'path': '1_Pooling', 'type': 'sentence_transformers.models.Pooling'},
        {'idx': 2, 'name': '2', 'path': '2_Normalize', 'type': 'sentence_transformers.models.Normalize'},
    ])
    write_json(f'{folder}/1_Pooling/config.json', {'word_embedding_dimension': 32, 'pooling_mode_cls_token': False, 'pooling_mode_mean_tokens': True, 'pooling_mode_max_tokens': False, 'pooling_mode_mean_sqrt_len_tokens': False})
    write_json(f'{folder}/sentence_bert_config.json', {'max_seq_length': LONGEST, 'do_lower_case': False})
    write_json(f'{folder}/config_sentence_transformers.json', {'prompts': PROMPTS, 'default_prompt_name': None})
    example = torch.tensor([[2, 10, 3], [2, 3, 0]])
    axes = {0: 'batch_size', 1: 'sequence_length'}
    names = ['input_ids', 'attention_mask', 'token_type_ids']
    export(Hidden(model), (example, (example != 0).long(), torch.zeros_like(example)), names, ['last_hidden_state'], {name: axes for name in [*names, 'last_hidden_state']}, f'{folder}/onnx/model.onnx')
    session = onnxruntime.InferenceSession(f'{folder}/onnx/model.onnx')
    cases = []
    for prompt in ('', *PROMPTS.values()):
        for text in TEXTS:
            ids = tokenizer.encode(prompt + text).ids
            row = torch.tensor([ids])
            with torch.no_grad():
                hidden = model(input_ids=row, attention_mask=torch.ones_like(row)).last_hidden_state[0]
            feeds = {'input_ids': row.numpy(), 'attention_mask': np.ones((1, len(ids)), np.int64), 'token_type_ids': np.zeros((1, len(ids)), np.int64)}
            other = session.run(None, feeds)[0][0]
            assert np.abs(other - hidden.numpy()).max() < 1e-4, np.abs(other - hidden.numpy()).max()
            cases.append({'prompt': prompt, 'text': text, 'ids': ids, 'vectors': pooled(hidden)})
    write_json(f'{folder}/reference.json', {'cases': cases}, lines=True)
    print(len(cases), os.path.getsize(f'{folder}/onnx/model.onnx'))


if __name__ == '__main__':
    make()
