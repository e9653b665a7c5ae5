/** The model catalogue: models with their files, checksums and sources. Data only. */
import { createHash } from 'node:crypto';
import { LANGUAGE_MODELS } from './languageCatalogue';
import { NEMO_MODELS } from './nemoCatalogue';
import type { CatalogueEntry, ModelSource, ModelVersion } from './catalogueEntry';

/** Base address of repositories of type `hub`, unless a mirror is set. */
export const HUB_ADDRESS = 'https://huggingface.co';

/**
 * Revision of a set of files: equal files have equal revisions. A newer catalogue installs its
 * files beside the old files. Twelve hex digits.
 */
export function revisionOf(version: Pick<ModelVersion, 'files'>): string {
  return createHash('sha256')
    .update(version.files.map((f) => `${f.name} ${f.sha256}\n`).join(''))
    .digest('hex')
    .slice(0, 12);
}

/**
 * Whisper (Radford et al. 2022, arXiv:2212.04356) as published by the whisper.cpp project. Sizes
 * and checksums come from the repository's file pointers at this commit.
 */
const WHISPER: ModelSource = {
  type: 'hub',
  repository: 'ggerganov/whisper.cpp',
  revision: '5359861c739e955e79d9a303bcbc70fb988958b1',
};

const FORMS: Readonly<Record<string, string>> = {
  q5_0: ', 5-bit',
  q5_1: ', 5-bit',
  q8_0: ', 8-bit',
};

/** @param size as in the file name: `base-q8_0` */
function whisper(
  size: string,
  bytes: number,
  sha256: string,
  earlier: readonly ModelVersion[] = [],
): CatalogueEntry {
  const [, name = size, form = ''] = /^(.*?)(?:-(q\d_\d))?$/.exec(size) ?? [];
  return {
    id: `whisper-${size}`,
    name: `Whisper ${name}${FORMS[form] ?? ''}`,
    kind: 'asr',
    provider: 'whisper',
    languages: ['*'],
    licence: 'MIT',
    isDefault: false,
    version: '2024-10-29',
    source: WHISPER,
    files: [{ role: 'model', name: `ggml-${size}.bin`, bytes, sha256 }],
    ...(earlier.length > 0 ? { earlier } : {}),
  };
}

export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    // The 8-bit export of Moonshine tiny (Jeffries et al. 2024, arXiv:2410.15608).
    id: 'moonshine-tiny',
    name: 'Moonshine tiny',
    kind: 'asr',
    provider: 'moonshine',
    languages: ['en'],
    licence: 'MIT',
    isDefault: true,
    version: '0.1.29',
    source: {
      type: 'npm',
      package: '@moonshine-ai/moonshine-js',
      version: '0.1.29',
      packedBytes: 21_514_347,
    },
    files: [
      {
        role: 'encoder',
        name: 'encoder_model.onnx',
        bytes: 7_937_661,
        sha256: 'c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a',
        path: 'dist/model/tiny/quantized/encoder_model.onnx',
      },
      {
        role: 'decoder',
        name: 'decoder_model_merged.onnx',
        bytes: 20_243_286,
        sha256: 'eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367',
        path: 'dist/model/tiny/quantized/decoder_model_merged.onnx',
      },
    ],
  },
  {
    // The 8-bit export of Moonshine base, with 8 layers of 8 heads of 52.
    id: 'moonshine-base',
    name: 'Moonshine base',
    kind: 'asr',
    provider: 'moonshine',
    languages: ['en'],
    licence: 'MIT',
    isDefault: false,
    version: 'b1e9b6a',
    source: {
      type: 'hub',
      repository: 'onnx-community/moonshine-base-ONNX',
      revision: 'b1e9b6aae3c3c7298f10c3798393fdf38e8fbbad',
    },
    files: [
      {
        role: 'encoder',
        name: 'encoder_model_quantized.onnx',
        bytes: 20_513_063,
        sha256: '1dd9ab0a7f987113d30affcba5a068d11c8f90fa0223caa3e491ade431ad9751',
        path: 'onnx/encoder_model_quantized.onnx',
      },
      {
        role: 'decoder',
        name: 'decoder_model_merged_quantized.onnx',
        bytes: 42_498_870,
        sha256: 'cc9f3cd6698a369c6008b41aa60aa3fb3322e7f03c9bdf19d8e6b7200afca4f3',
        path: 'onnx/decoder_model_merged_quantized.onnx',
      },
    ],
  },
  {
    id: 'silero-vad',
    name: 'Silero VAD v6',
    kind: 'vad',
    provider: 'silero',
    languages: ['*'],
    licence: 'MIT',
    isDefault: true,
    version: '0.0.31',
    source: {
      type: 'npm',
      package: '@ricky0123/vad-web',
      version: '0.0.31',
      packedBytes: 5_471_324,
    },
    files: [
      {
        role: 'model',
        name: 'silero_vad_v6.onnx',
        bytes: 2_327_524,
        sha256: '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3',
        path: 'dist/silero_vad_v6.onnx',
      },
    ],
  },
  ...NEMO_MODELS,
  ...LANGUAGE_MODELS,
  whisper('tiny', 77_691_713, 'be07e048e1e599ad46341c8d2a135645097a538221678b7acdd1b1919c6e1b21'),
  whisper(
    'tiny-q5_1',
    32_152_673,
    '818710568da3ca15689e31a743197b520007872ff9576237bda97bd1b469c3d7',
  ),
  whisper(
    'tiny-q8_0',
    43_537_433,
    'c2085835d3f50733e2ff6e4b41ae8a2b8d8110461e18821b09a15c40c42d1cca',
  ),
  whisper('base', 147_951_465, '60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe'),
  whisper(
    'base-q5_1',
    59_707_625,
    '422f1ae452ade6f30a004d7e5c6a43195e4433bc370bf23fac9cc591f01a8898',
  ),
  whisper(
    'base-q8_0',
    81_768_585,
    'c577b9a86e7e048a0b7eada054f4dd79a56bbfa911fbdacf900ac5b567cbb7d9',
    [
      // The same weights, converted to 8 bits from the published 16-bit weights. Only rounding
      // differs, not the size.
      {
        version: 'own-8-bit',
        source: { type: 'local' },
        files: [
          {
            role: 'model',
            name: 'ggml-base-q8_0.bin',
            bytes: 81_768_585,
            sha256: '8f0b52de4cd332e9cf31a17d654dc84d6651a99898239e58e3ed6205a95efefc',
          },
        ],
      },
    ],
  ),
  whisper('small', 487_601_967, '1be3a9b2063867b937e64e2ec7483364a79917e157fa98c5d94b5c1fffea987b'),
  whisper(
    'small-q5_1',
    190_085_487,
    'ae85e4a935d7a567bd102fe55afc16bb595bdb618e11b2fc7591bc08120411bb',
  ),
  whisper(
    'small-q8_0',
    264_464_607,
    '49c8fb02b65e6049d5fa6c04f81f53b867b5ec9540406812c643f177317f779f',
  ),
  whisper(
    'medium',
    1_533_763_059,
    '6c14d5adee5f86394037b4e4e8b59f1673b6cee10e3cf0b11bbdbee79c156208',
  ),
  whisper(
    'medium-q5_0',
    539_212_467,
    '19fea4b380c3a618ec4723c3eef2eb785ffba0d0538cf43f8f235e7b3b34220f',
  ),
  whisper(
    'medium-q8_0',
    823_369_779,
    '42a1ffcbe4167d224232443396968db4d02d4e8e87e213d3ee2e03095dea6502',
  ),
  whisper(
    'large-v3',
    3_095_033_483,
    '64d182b440b98d5203c4f9bd541544d84c605196c4f7b845dfa11fb23594d1e2',
  ),
  whisper(
    'large-v3-q5_0',
    1_081_140_203,
    'd75795ecff3f83b5faa89d1900604ad8c780abd5739fae406de19f23ecd98ad1',
  ),
  whisper(
    'large-v3-turbo',
    1_624_555_275,
    '1fc70f774d38eb169993ac391eea357ef47c88757ef72ee5943879b7e8e2bc69',
  ),
  whisper(
    'large-v3-turbo-q5_0',
    574_041_195,
    '394221709cd5ad1f40c46e6031ca61bce88931e6e088c188294c6d5a55ffa7e2',
  ),
  whisper(
    'large-v3-turbo-q8_0',
    874_188_075,
    '317eb69c11673c9de1e1f0d459b253999804ec71ac4c23c17ecf5fbe24e259a1',
  ),
  {
    // Files that voxtral.c reads; it opens the folder that contains all three.
    id: 'voxtral-mini-4b',
    name: 'Voxtral Mini 4B Realtime',
    kind: 'asr',
    provider: 'voxtral',
    languages: ['en', 'es', 'fr', 'pt', 'hi', 'de', 'nl', 'it', 'ar', 'ru', 'zh', 'ja', 'ko'],
    licence: 'Apache-2.0',
    isDefault: false,
    version: '2602',
    source: {
      type: 'hub',
      repository: 'mistralai/Voxtral-Mini-4B-Realtime-2602',
      revision: '2769294da9567371363522aac9bbcfdd19447add',
    },
    files: [
      {
        role: 'model',
        name: 'consolidated.safetensors',
        bytes: 8_859_462_744,
        sha256: '263f178fe752c90a2ae58f037a95ed092db8b14768b0978b8c48f66979c8345d',
      },
      {
        role: 'tokenizer',
        name: 'tekken.json',
        bytes: 14_910_348,
        sha256: '8434af1d39eba99f0ef46cf1450bf1a63fa941a26933a1ef5dbbf4adf0d00e44',
      },
      {
        role: 'params',
        name: 'params.json',
        bytes: 1_343,
        sha256: '2ace010ebf7f0b62c60747d91c6d140e3c7238632d3e9c63d60a2bd2065ea301',
      },
    ],
  },
  {
    // CAM++ (Wang et al. 2023, arXiv:2303.00332), weights of 3D-Speaker in 8 bits.
    id: 'campplus-zh-en',
    name: 'CAM++ speaker encoder',
    kind: 'speaker',
    provider: 'campplus',
    languages: ['*'],
    licence: 'Apache-2.0',
    isDefault: false,
    version: '1',
    source: { type: 'bundled' },
    files: [
      {
        role: 'model',
        name: 'model.onnx',
        bytes: 7_834_548,
        sha256: 'ed74f4309d80bec8848870e593a661d285686e5247a277af24a423b2dcc99b31',
      },
    ],
  },
  {
    // Segmentation 3.0 (Plaquet and Bredin 2023, arXiv:2310.13025), weights in 16 bits.
    id: 'segmentation-3.0',
    name: 'Speaker segmentation 3.0',
    kind: 'speaker',
    provider: 'segmentation',
    languages: ['*'],
    licence: 'MIT',
    isDefault: false,
    version: '1',
    source: { type: 'bundled' },
    files: [
      {
        role: 'model',
        name: 'model.onnx',
        bytes: 3_000_248,
        sha256: 'ce2a8c92c59e23b5e5ba98056e83923ad88d81d4c43191fb40b88d4380ed0d4a',
      },
    ],
  },
  {
    // all-MiniLM-L6-v2 fine-tuned to label the turns of a meeting; see its model card.
    id: 'turn-encoder',
    name: 'Encoder of meeting turns',
    kind: 'embedding',
    provider: 'turns',
    languages: ['en'],
    licence: 'Apache-2.0',
    isDefault: false,
    version: '2',
    source: { type: 'bundled' },
    files: [
      {
        role: 'model',
        name: 'model.onnx',
        bytes: 23_014_991,
        sha256: 'c2b217d2c869a4d7bcec732d7e99bca294e687e8e0c738dc7408fe8d532fcdf2',
      },
      {
        role: 'tokenizer',
        name: 'tokenizer.json',
        bytes: 466_247,
        sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
      },
    ],
  },
  {
    // all-MiniLM-L6-v2 of sentence-transformers, 8-bit with pooling inside the graph. A custom
    // export without a public source.
    id: 'minilm-l6-v2',
    name: 'MiniLM sentence embeddings',
    kind: 'embedding',
    provider: 'minilm',
    languages: ['en'],
    licence: 'Apache-2.0',
    isDefault: false,
    version: '1',
    source: { type: 'local' },
    files: [
      {
        role: 'model',
        name: 'model-int8.onnx',
        bytes: 22_842_720,
        sha256: '1b024238ae737745736ccb1fdd88f5fe3395cf478ddda4bf644df0aa584a9808',
      },
      {
        role: 'tokenizer',
        name: 'tokenizer.json',
        bytes: 466_247,
        sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
      },
    ],
  },
];

export function totalBytes(version: Pick<ModelVersion, 'files'>): number {
  return version.files.reduce((sum, file) => sum + file.bytes, 0);
}
