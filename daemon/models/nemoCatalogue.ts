/**
 * Catalogue entries of NVIDIA's FastConformer recognisers, exported to ONNX by third parties.
 * Several public projects pin the same sizes and checksums. Data only.
 */
import type { CatalogueEntry, ModelFile } from './catalogueEntry';

/** Name, size in bytes and checksum of a file in an export. */
type File = readonly [name: string, bytes: number, sha256: string];

const ROLES: Readonly<Record<string, string>> = {
  'encoder-model.int8.onnx': 'encoder',
  'decoder_joint-model.int8.onnx': 'decoderJoint',
  'encoder.int8.onnx': 'encoder',
  'decoder.int8.onnx': 'decoder',
  'joiner.int8.onnx': 'joiner',
  'vocab.txt': 'vocabulary',
  'tokens.txt': 'vocabulary',
};

function files(...list: readonly File[]): readonly ModelFile[] {
  return list.map(([name, bytes, sha256]) => ({ role: ROLES[name] ?? name, name, bytes, sha256 }));
}

function nemo(
  entry: Pick<CatalogueEntry, 'id' | 'name' | 'languages' | 'licence' | 'files'> &
    Partial<Pick<CatalogueEntry, 'notice' | 'residentBytes'>>,
  repository: string,
  revision: string,
): CatalogueEntry {
  return {
    kind: 'asr',
    provider: 'nemo',
    isDefault: false,
    version: revision.slice(0, 7),
    source: { type: 'hub', repository, revision },
    ...entry,
  };
}

/**
 * Peak memory of exports with random weights and original size, for phrases of 15 s. The same
 * graphs took 0.40 and 0.95 GB in a worker (bench/nemo.ts).
 */
const RESIDENT_110M = 460_000_000;
const RESIDENT_600M = 1_300_000_000;

const EUROPEAN = 'bg cs da de el en es et fi fr hr hu it lt lv mt nl pl pt ro ru sk sl sv uk'.split(
  ' ',
);

export const NEMO_MODELS: readonly CatalogueEntry[] = [
  nemo(
    {
      id: 'parakeet-tdt_ctc-110m',
      name: 'Parakeet TDT 110M, 8-bit',
      languages: ['en'],
      licence: 'CC-BY-4.0',
      residentBytes: RESIDENT_110M,
      files: files(
        [
          'encoder.int8.onnx',
          131_113_202,
          '0f35509ddeb9b39002fb077d979a9fe74f06eb0bc4dd5c34f512f82e5111d657',
        ],
        [
          'decoder.int8.onnx',
          3_955_863,
          'f7c331c5504c2e593c76ed22b728e3f554af6c4a383dde862e719ced08b1da19',
        ],
        [
          'joiner.int8.onnx',
          1_411_403,
          'bf7dff69e9f2cdbe9943d70da358f38b361c115ba0105bae7e908e0d6ec782f6',
        ],
        ['tokens.txt', 9_953, '450e56bd2f036fe5b6aa821865838cc5aa9d8b0106134ce9a9ba0664abe6cd10'],
      ),
    },
    // A copy of the archive that sherpa-onnx releases; its files have the same checksums.
    'punitd/sherpa-onnx-nemo-parakeet_tdt_transducer_110m-en-36000-int8',
    '66a4fa70643dc7ce25c9b38b2f87e1b35ddad33d',
  ),
  nemo(
    {
      id: 'parakeet-tdt-0.6b-v2',
      name: 'Parakeet TDT 0.6B v2, 8-bit',
      languages: ['en'],
      licence: 'CC-BY-4.0',
      residentBytes: RESIDENT_600M,
      files: files(
        [
          'encoder-model.int8.onnx',
          652_184_014,
          '3e0581fda6ab843888b51e56d7ee78b6d5bc3237ec113af1f732d1d5286aa155',
        ],
        [
          'decoder_joint-model.int8.onnx',
          8_998_286,
          'a449f49acd68979d418651dd2dcb737cc0f1bf0225e009e29ee326354edbf7d3',
        ],
        ['vocab.txt', 9_384, 'ec182b70dd42113aff6c5372c75cac58c952443eb22322f57bbd7f53977d497d'],
      ),
    },
    'istupakov/parakeet-tdt-0.6b-v2-onnx',
    '0bbb45a3365852604aef28b538a8f066f4ccaa85',
  ),
  nemo(
    {
      id: 'parakeet-tdt-0.6b-v3',
      name: 'Parakeet TDT 0.6B v3, 8-bit',
      languages: EUROPEAN,
      licence: 'CC-BY-4.0',
      residentBytes: RESIDENT_600M,
      notice: 'This 8-bit form sometimes drops words that the float form has.',
      files: files(
        [
          'encoder-model.int8.onnx',
          652_183_999,
          '6139d2fa7e1b086097b277c7149725edbab89cc7c7ae64b23c741be4055aff09',
        ],
        [
          'decoder_joint-model.int8.onnx',
          18_202_004,
          'eea7483ee3d1a30375daedc8ed83e3960c91b098812127a0d99d1c8977667a70',
        ],
        ['vocab.txt', 93_939, 'd58544679ea4bc6ac563d1f545eb7d474bd6cfa467f0a6e2c1dc1c7d37e3c35d'],
      ),
    },
    'istupakov/parakeet-tdt-0.6b-v3-onnx',
    '8f23f0c03c8761650bdb5b40aaf3e40d2c15f1ce',
  ),
  nemo(
    {
      id: 'fastconformer-streaming-114m',
      name: 'Streaming FastConformer 114M, 8-bit',
      languages: ['en'],
      licence: 'CC-BY-4.0',
      residentBytes: RESIDENT_110M,
      notice: 'Its text is in lower case, without punctuation.',
      files: files(
        [
          'encoder.int8.onnx',
          131_507_603,
          '100c5616929a131b5b3c8c8ab0d83aaba2cdcae163acd8d190b4e5ffa5f7d051',
        ],
        [
          'decoder.int8.onnx',
          3_955_864,
          '4f04431988472f8c7b815f942aa6901976929c9e22353029681fcdb262da0164',
        ],
        [
          'joiner.int8.onnx',
          1_408_182,
          'd2d8e7290a6a8245a83ed211aa0dd8cdf8effb8a7c64fe392399561111b52f30',
        ],
        ['tokens.txt', 11_896, '618dc110fc2213886b52e063ff42329bbdf37a266ca7705184090fa5f39f3131'],
      ),
    },
    'csukuangfj/sherpa-onnx-nemo-streaming-fast-conformer-transducer-en-480ms-int8',
    'df8ed95e44a70924450381e610770f9d656d1e15',
  ),
  nemo(
    {
      id: 'nemotron-streaming-0.6b',
      name: 'Nemotron speech streaming 0.6B, 8-bit',
      languages: ['en'],
      licence: 'NVIDIA Open Model License',
      residentBytes: RESIDENT_600M,
      files: files(
        [
          'encoder.int8.onnx',
          652_916_849,
          '7d932213491ad355c6e5576705dc3494731a52af87d7a1b954559340147909d8',
        ],
        [
          'decoder.int8.onnx',
          7_257_753,
          '0be9702c2f427a2b6bb241d298e0d3836a558de1f5b9fd3018f1cce6e2b3fa98',
        ],
        [
          'joiner.int8.onnx',
          1_735_862,
          'a35eac38a22ebceb04d230ed7afe0d68f446ba6914a036b97f14fece95967e23',
        ],
        ['tokens.txt', 8_952, 'dc0b4584ab2e4ddbf888425c076c61b736e7356a015250db7d307e6f1a8188ff'],
      ),
    },
    'csukuangfj2/sherpa-onnx-nemotron-speech-streaming-en-0.6b-560ms-int8-2026-04-25',
    '52056fdc070914a48dcd68b31b44d6a6f5b85902',
  ),
];
