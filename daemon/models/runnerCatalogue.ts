/**
 * The program that runs local language models, for each platform: the binaries of node-llama-cpp
 * (MIT). They are fetched with the first language model, because they would make each package 5 to
 * 11 MB larger. Sizes and checksums are those of the npm packages. Data only.
 */
import type { CatalogueEntry, ModelFile } from './catalogueEntry';

/** Version of node-llama-cpp in package.json; its code and its binaries belong together. */
const VERSION = '3.21.1';

export const RUNNER_ID = 'language-runner';

/** Role of the file that Node loads; it finds the others beside it. */
const ADDON = 'llama-addon.node';

/** @param lines name, bytes and SHA-256 of each file */
function runner(platform: string, packedBytes: number, lines: string): CatalogueEntry {
  return {
    id: RUNNER_ID,
    name: 'Program for language models',
    kind: 'runner',
    provider: 'llama',
    languages: ['*'],
    licence: 'MIT',
    isDefault: false,
    version: VERSION,
    source: {
      type: 'npm',
      package: `@node-llama-cpp/${platform}`,
      version: VERSION,
      packedBytes,
    },
    files: lines
      .trim()
      .split('\n')
      .map((line): ModelFile => {
        const [name = '', bytes, sha256 = ''] = line.trim().split(' ');
        return {
          role: name === ADDON ? 'addon' : name,
          name,
          bytes: Number(bytes),
          sha256,
          path: `bins/${platform}/${name}`,
        };
      }),
  };
}

/** Node's platform and architecture → its program. */
const RUNNERS: Readonly<Record<string, CatalogueEntry>> = {
  'linux-x64': runner(
    'linux-x64',
    10_582_760,
    `
    llama-addon.node 725704 8ae808b54ec16491b271fdf9bde08cdaac09c1d5f518daf2d7881e2e73d1efda
    libggml-base.so 919744 1eba024559799447e34687e12b6794e79ad3768a1b3d2cbca9fadc829f0f85c7
    libggml-cpu-alderlake.so 1195784 9855c4a776fe65b907eb3a2552f69d49bad692f9bd09709d0ee09773f3ed1cd9
    libggml-cpu-cannonlake.so 1336672 3e6b749e7f49d4a713a92156d25d7678163d46e8083ac63535c9499611fb2516
    libggml-cpu-cascadelake.so 1332576 a1ebbca4d2eef11b8e4b57e43b7a431bddb7e0a28a1c50b7183d053a69d60c81
    libggml-cpu-cooperlake.so 1332640 34f03e1df8c7076cff77e4512f8e6a6e2b613a779ef6560b58eaf65f8721e695
    libggml-cpu-haswell.so 1199880 e515aa4e0ea19c7bca544536db03b17ca6ad4ee24d8bf5dd9ea6f9c18bb9e135
    libggml-cpu-icelake.so 1332576 3e083fe7d5eaef3f2426b80aa50639484ce8b0ade2b9f8d16fc1321456761b91
    libggml-cpu-ivybridge.so 1153376 4d3f861530b860f39e7a4856d42ae9134def255ef201078f890ae75e1b27cbfe
    libggml-cpu-piledriver.so 1149280 d23438b7bcc20dd0fc25ad82feb2bd9bc354cbd225a1c1ec6009d8ec142faaaa
    libggml-cpu-sandybridge.so 1144064 486aa8a2c058387f0019e00931175d0b1b0a3b023cae3604427442506b3231ac
    libggml-cpu-sapphirerapids.so 1637104 1a9d8718e725c19bd2e9a2c58286c2164572a00eff397cc3a746c76e7e2fe364
    libggml-cpu-skylakex.so 1336672 74d65c3926a1914588332d9bc7583f8a29666ff06ee34605604d2759b65f03f8
    libggml-cpu-sse42.so 948968 dc2ad4e366258cb8e94ab5923c0febcba81136a1b6a91ae08d8382764459bb2e
    libggml-cpu-x64.so 940944 bd2de057baaf343ec9fdabf2623de97f1f29aff7a8bd6e9b25f291f8af699bd0
    libggml-cpu-zen4.so 1332640 d101750f42c2ebc68ec4423645c7f167c6b84834743776f2074297a146924699
    libggml.v0.4.0.so 55184 a8810737479e61c0131576a7a7b8d6ee09b1c161055065ba0579f671da7eb04c
    libllama-common.so 5939832 2663435ab13a7f249fcdc907b7ea74cac2a2ceb07e701cd4749ebc3b07208251
    libllama.v0.4.0.so 4564112 a1e1a2f1d1261070e33f25eca89700cfcf4b824f6a4113e9bc111c17aefcb52f
  `,
  ),
  'linux-arm64': runner(
    'linux-arm64',
    7_213_055,
    `
    llama-addon.node 714336 b1c45e28cfad80c3be62d3b4bbf000cb4ff2bedffcdd71e972c8c6d8551a76bb
    libggml-base.so 951944 5f02f4baf1660fce8f607693694eb644035caf7e5bc33103edc316da85229066
    libggml-cpu-armv8.0_1.so 955728 9692bb20faa84c178b3dd1941744ca564c45f5065391bc2e990084a79f13db9b
    libggml-cpu-armv8.2_1.so 985608 bc47eed34b7fbb87f59b6308db7c1bc3f675c33b6c3237534a56c152f69b1cff
    libggml-cpu-armv8.2_2.so 989704 e60172cf0f68a8975f06a32ddfb1c634b3ddd693c9d3e474776810433bc6907c
    libggml-cpu-armv8.2_3.so 985480 67885633f30a2c79453b947088e024fe4229c35b8f3d432b99ee87ce7cf5a8b9
    libggml-cpu-armv8.6_1.so 1006192 d133ad958c9830fa795ffe932e42248ad836a2020abe6f1e96dedd639c4ec72c
    libggml-cpu-armv8.6_2.so 1006192 bf487d77cd087f9fc07e8fd3b346a9e635196df65cbbee850bd238d9c97133e9
    libggml-cpu-armv9.2_1.so 1006192 6046cf5dca135c7c0d0d78c02ac7275ad9b921fe036e89109a35c2213a435bd0
    libggml-cpu-armv9.2_2.so 1006192 e29c3e4f45682cf3a596626f91b76af0814d8ff9f8da9ac677724a8b59fb2b4f
    libggml.v0.4.0.so 50880 2f4766ceb830566f5ec86b22fbfe6dc7f209102875ef5b5dace9be8a96fa8b2b
    libllama-common.so 5777960 1de5b0e65322b2bdb5690bda1c5476bb691e151cd5a524a8022818c224008383
    libllama.v0.4.0.so 4182712 a671d2a1746dc07ec69fe72a64daaafd2e2fb7ee3421b0c346ed76a8c7abc3c8
  `,
  ),
  'darwin-arm64': runner(
    'mac-arm64-metal',
    4_858_447,
    `
    llama-addon.node 618416 0fcae59b449e0c384f6e64641531ffb16bc0fba0150e112128549f424f6aabca
    libggml-base.dylib 733216 d0b909f22bfeaf3dbb5f7a992d9e48710b897dd5db95ef82e8317c9c2474e28c
    libggml-blas.so 58832 c715abcddaad946d4e0aa5d84b94b9f83e6817f5471f2d10e171de2e9e563bba
    libggml-cpu-apple_m1.so 985320 3025e75476e77db5ee1fa2e2b78a5adc8e2e089be57174ab6ce8a381cb648a4b
    libggml-cpu-apple_m2_m3.so 1001832 75c3a7f06a0374ceddefca9f9067878e432fc9e57dc5d70110679c7876488613
    libggml-cpu-apple_m4.so 1001832 c78ac88acf14dfdb0a94b35533990f8b99fa810e128461555fee583119ad4be9
    libggml-metal.so 2128640 1081bd1cf05edc21513c07ba9b18c2ba345af8a14ae678fc13e2fa462d744bb2
    libggml.metal.v0.4.0.dylib 77048 a70f1a5d40685bb81aaa25d9a794b05e06d63e2d64986e3d409e0365b61cf120
    libllama-common.dylib 4972200 8d1976fb030742ccd71354f121dfa1872b8d1321344d072cdef8454529103507
    libllama.metal.v0.4.0.dylib 3086056 0f59592ce092fea073d9de2f0589ea9527a0e1fb1856af6ddd2970b32eeb28d1
  `,
  ),
  'darwin-x64': runner(
    'mac-x64',
    10_809_280,
    `
    llama-addon.node 523824 6bfc8f93d1a0f97bc03eaaba7986e72bc1cf850c7fdf1af500d97e7a879571b7
    libggml-base.dylib 730424 4127667f0d4fd3528f4c92c71f16d9a4390c0a24314bf40246e6146685a5606c
    libggml-blas.so 33736 c5f883b4ba55b262a86d6b04e9f917942d1dbd4ca2ce59b28c821dd4c43d63c3
    libggml-cpu-alderlake.so 1364064 b7ab1e7b64628e8d24b533a95e34975a13d5a68525bc2a7293e6c2d7553b60db
    libggml-cpu-cannonlake.so 1622152 64e7a20c5209980d7814a48893e03e0a9504b432c76cdaa65691f4eb656c4ac8
    libggml-cpu-cascadelake.so 1605768 b3d687f55bc6d8e25ba71c38ac2f0f9ed06bb87263ad38dcf84a20c64c01b66f
    libggml-cpu-cooperlake.so 1605904 0078e72aed24ec0a4f3e29e978ca3b4322d7c453b6e963c229118a8b9b4773ee
    libggml-cpu-haswell.so 1372256 a29cd412ccae3487e6e6af841478d53aafa78dfa7e8f24d466f7822c3a0967f1
    libggml-cpu-icelake.so 1609872 44d5d66d3f8558b8a2ed0e381e68203ade16cf723ef5a1823f551782a756ba4b
    libggml-cpu-ivybridge.so 1228208 445110a39cad93eac8ef8205f06412e97aaa179b0ffc49308433b6f930719179
    libggml-cpu-piledriver.so 1232304 bf60809c4ec377d4cd511858d48b5d893920ce6145812d7805f181646622c115
    libggml-cpu-sandybridge.so 1206952 891e17d67407df5845ef4fef02020c01a5544472567d0db552850a7634258265
    libggml-cpu-sapphirerapids.so 1842712 7d8a91c03c62156a6f68f52662fe32422a0ce813b6725226f0993352993037e2
    libggml-cpu-skylakex.so 1613968 fb08b075180601393d0954dc36543c729b6f0b3a2fc0ad3f4aa302b3741a985f
    libggml-cpu-sse42.so 1016304 f42b7cfeacac46c96586dfc9235034fa77c8d0ea88989ac569e504562a6f903e
    libggml-cpu-x64.so 1024496 5f104ce4d525983061faa847ab0614772c9cdb3c93b4e9e879a0546373b13769
    libggml-cpu-zen4.so 1614096 2bab549022551776ced3ab7b5bec056f505fceb362b6f6f0724c782268fb5ed0
    libggml.v0.4.0.dylib 43664 3d3026af1f61765623c6ea0d112a89b8b3de98977f6e3500694e71304a48cb10
    libllama-common.dylib 5367440 5aa4e7d1766772d9228e8662be2feda5209df75bbd691ac3dc7309910e3f9511
    libllama.v0.4.0.dylib 3358400 d691da8f0e5e69e7f0397c5526fbc11de8e96e3a330213e39175a7447c86be51
  `,
  ),
  'win32-x64': runner(
    'win-x64',
    9_787_045,
    `
    llama-addon.node 963072 bcb682274c2f37710c6ea12f913f685da91b7b4717f690e89e7c216f7a80ff50
    ggml-base.dll 1281536 86c3ef964c4db4ece53f016988ee4bd4ec0ca1c220e26a481d51c83b61f1852e
    ggml-cpu-alderlake.dll 1840640 db34eb27b40251283ead373618b5083a94a82c1b8c9b07e5979b522e6f3135de
    ggml-cpu-cannonlake.dll 2133504 e637b9378cc5cd7bf861feb8b78c66623b17b4c3293ef9f653c8625c66d9a2a4
    ggml-cpu-cascadelake.dll 2132480 bf44a97dcf80975a787e349a9daa480fd779d35fc6944c1e47b1da2c864d81b9
    ggml-cpu-cooperlake.dll 2131968 870d3cfdbacabb63f138ad8069cd1da01a39e71c6351e6a35df2a2a2a4feba22
    ggml-cpu-haswell.dll 1841152 abfbaceb9e568b3919c3b3e83482e217bf9a53462514bc9dd132403dbc8d4cc3
    ggml-cpu-icelake.dll 2132480 a37657d9482b1028b620c95c11c178dbf23649db66c749c5e2296a9030aff6be
    ggml-cpu-ivybridge.dll 1598976 809b4d0a79b5e892ea36c13d9d270e596de1397ddf42fb6da72c0a5c998eaaa4
    ggml-cpu-piledriver.dll 1597952 bda2d06d3ebd8d46a375adad6aaa696efc1464e8e32615341aacf194a292bf20
    ggml-cpu-sandybridge.dll 1582080 e9852ffa91080a2ca4280049204c01f48b6ab919d6d686c68669e21242ba975c
    ggml-cpu-sapphirerapids.dll 2873344 a01dd87fdb4c0a8e722bfaec82bed4e5dc13a0cc98c3f8a555852ba038ebd8b0
    ggml-cpu-skylakex.dll 2133504 9773fe15b65a471205e892b2ffff9366fe30fb2fc5c20aad0bff53cd2905a272
    ggml-cpu-sse42.dll 1268736 0c0d03f9c0294b3665fffe12eea822d967d1b11b41d5b4651c3a06daaf3ea420
    ggml-cpu-x64.dll 1242112 7c568f8859b0965e066ac733adf79a0a008a649ce92076908e2e1c6659cb8dac
    ggml-cpu-zen4.dll 2131968 9626c63730b207ef7b27448e0d8bbe377983ff2225197309ee2e37d514a90c73
    ggml.v0.4.0.dll 171008 76a70e6e68c6a32b3b7214be44dede61e7fda42734a66d3a6dbd8fd3598fdfcd
    llama-common.dll 9275392 bbb95aecc48c48d7ba0a3581adeeedbc8b3aff70130bfffcf271ee5d306db6c9
    llama.v0.4.0.dll 7694336 2e74c9c2901306e48085e225d169e887d68cef62b5ef8a63b9829c548cac0a10
  `,
  ),
  'win32-arm64': runner(
    'win-arm64',
    4_606_830,
    `
    llama-addon.node 919040 929dbb85adb99794c01450784d41a64d7046e1eedc587e865a7b3e618598a9b2
    ggml-base.dll 1227264 b7e560acc8a78feca25834fd7938b3bcc5375b5c9c3adf73c1922ba8ac92e204
    ggml-cpu.dll 1393152 a9460905080af5df267ac531b243215dc1aa369ce9c7cbc3eefe39decf887714
    ggml.v0.4.0.dll 156160 ecf327a43e5df7c14872b8deb35ba477e58a13b4fd5ce02158e120e254c841db
    llama-common.dll 8944640 a839ae4b8546770b4c61678bdf1fa2ad9229926783c6a8fae3535c976a61141a
    llama.v0.4.0.dll 7228416 81bd51e26cc7ce7980e4c0f2234addfb7ea2fd6080a7f365773db080523fabed
  `,
  ),
};

/** @returns undefined on a platform without binaries */
export function runnerFor(platform: string, arch: string): CatalogueEntry | undefined {
  return RUNNERS[`${platform}-${arch}`];
}
