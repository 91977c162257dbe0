/* The playground's random numbers. Each is a hash of seed, stream and place, so that PyTorch's twin
   (utils/miniatures/playground.py) draws the same ones. */
(() => {
  "use strict";

  const MIX = [0x85ebca6b, 0xc2b2ae35];
  const GOLDEN = 0x9e3779b9;

  /** The finaliser of MurmurHash3: 32 bits in, 32 bits out. */
  function mix(bits) {
    let x = bits >>> 0;
    x = Math.imul(x ^ (x >>> 16), MIX[0]);
    x = Math.imul(x ^ (x >>> 13), MIX[1]);
    return (x ^ (x >>> 16)) >>> 0;
  }

  /** Place -> a number between 0 and 1, both excluded. */
  function uniforms(seed, stream) {
    const key = mix(mix(seed) + Math.imul(stream + 1, GOLDEN));
    return (place) => (mix(key + Math.imul(place, GOLDEN)) + 0.5) / 2 ** 32;
  }

  /** Box and Muller's pairs. */
  function normals(seed, stream) {
    const draw = uniforms(seed, stream);
    return (place) => {
      const pair = place - (place % 2);
      const radius = Math.sqrt(-2 * Math.log(draw(pair)));
      const angle = 2 * Math.PI * draw(pair + 1);
      return radius * (place % 2 ? Math.sin(angle) : Math.cos(angle));
    };
  }

  /** The places 0 to count - 1 in the order of one epoch (Fisher and Yates). */
  function order(count, seed, epoch) {
    const draw = uniforms(seed, 0x10000 + epoch);
    const places = Int32Array.from({ length: count }, (_, place) => place);
    for (let last = count - 1; last > 0; last -= 1) {
      const other = Math.floor(draw(last) * (last + 1));
      [places[last], places[other]] = [places[other], places[last]];
    }
    return places;
  }

  globalThis.ResNetRandom = { uniforms, normals, order };
})();
