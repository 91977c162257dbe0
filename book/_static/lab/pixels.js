/* What the lesion lab does with pixels: pictures become 32 x 32, the network's input, and maps. */
(() => {
  "use strict";

  const { ResNetBook: book } = window;
  if (!book) return;

  const SIZE = 32;
  const CIVIDIS = [
    [0, 34, 78],
    [53, 69, 108],
    [102, 105, 112],
    [148, 142, 119],
    [200, 184, 102],
    [254, 232, 56],
  ];

  // Pictures -------------------------------------------------------------------------------------

  /** RGB bytes, pixel after pixel, from base64. */
  function unpack(text) {
    return Uint8ClampedArray.from(atob(text), (letter) => letter.charCodeAt(0));
  }

  /** For each of the 32 outputs: the input positions that it covers, and how much of each. */
  function coverage(side) {
    const step = side / SIZE;
    return Array.from({ length: SIZE }, (_, index) => {
      const from = index * step;
      const to = (index + 1) * step;
      const first = Math.floor(from + 1e-9);
      const last = Math.min(side, Math.ceil(to - 1e-9));
      const weights = [];
      for (let at = first; at < last; at += 1) {
        weights.push((Math.min(to, at + 1) - Math.max(from, at)) / step);
      }
      return { first, weights };
    });
  }

  /** The middle square of a picture, averaged over areas to 32 x 32: RGB bytes.
      One band of rows at a time, so that a large photo fits into a phone's memory. */
  function shrink(picture) {
    const side = Math.min(picture.width, picture.height);
    const left = Math.floor((picture.width - side) / 2);
    const top = Math.floor((picture.height - side) / 2);
    const spans = coverage(side);
    const canvas = document.createElement("canvas");
    canvas.width = side;
    canvas.height = Math.max(...spans.map((span) => span.weights.length));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingEnabled = false;
    const pixels = new Uint8ClampedArray(SIZE * SIZE * 3);
    spans.forEach((rows, row) => {
      const count = rows.weights.length;
      context.fillStyle = "#fff"; // under transparent pixels
      context.fillRect(0, 0, side, count);
      context.drawImage(picture, left, top + rows.first, side, count, 0, 0, side, count);
      const { data } = context.getImageData(0, 0, side, count);
      spans.forEach((columns, column) => {
        for (let channel = 0; channel < 3; channel += 1) {
          let sum = 0;
          rows.weights.forEach((down, y) => {
            const start = (y * side + columns.first) * 4 + channel;
            columns.weights.forEach((across, x) => {
              sum += down * across * data[start + 4 * x];
            });
          });
          pixels[(row * SIZE + column) * 3 + channel] = Math.floor(sum + 0.5);
        }
      });
    });
    return pixels;
  }

  /** Whether what is drawn on a canvas is what is read from it: some browsers answer with noise,
      so that sites cannot recognise their readers. A few steps of 255 change no answer. */
  function canvasTells() {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [SIZE, 1];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const shade = (at) => [(at * 37) % 256, (at * 91) % 256, (at * 151) % 256];
    for (let at = 0; at < SIZE; at += 1) {
      context.fillStyle = `rgb(${shade(at).join(" ")})`;
      context.fillRect(at, 0, 1, 1);
    }
    const { data } = context.getImageData(0, 0, SIZE, 1);
    return Array.from({ length: SIZE }, (_, at) => at).every((at) =>
      shade(at).every((value, channel) => Math.abs(data[4 * at + channel] - value) <= 8),
    );
  }

  /** A picture file as 32 x 32 RGB bytes. */
  async function readFile(file) {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const pixels = shrink(picture);
    picture.close();
    return pixels;
  }

  /** RGB bytes as the network's input: channels first, 0 to 1. */
  function toInput(pixels) {
    const input = new Float32Array(3 * SIZE * SIZE);
    for (let at = 0; at < SIZE * SIZE; at += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        input[channel * SIZE * SIZE + at] = pixels[3 * at + channel] / 255;
      }
    }
    return input;
  }

  function drawPixels(canvas, pixels) {
    const image = new ImageData(SIZE, SIZE);
    for (let at = 0; at < SIZE * SIZE; at += 1) {
      image.data.set([pixels[3 * at], pixels[3 * at + 1], pixels[3 * at + 2], 255], 4 * at);
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  // Maps -----------------------------------------------------------------------------------------

  function drawMap(canvas, values, highest) {
    const image = new ImageData(canvas.width, canvas.height);
    values.forEach((value, at) => {
      const share = highest > 0 ? value / highest : 0;
      image.data.set([...book.colourAt(CIVIDIS, share), 255], 4 * at);
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  /** Mean over channels, then the first three channels, each as a flat map. */
  function slices({ data, dims }) {
    const [, channels, height, width] = dims;
    const area = height * width;
    const mean = new Float32Array(area);
    for (let at = 0; at < data.length; at += 1) mean[at % area] += data[at] / channels;
    return [
      mean,
      ...[0, 1, 2].map((channel) => data.subarray(channel * area, (channel + 1) * area)),
    ];
  }

  function average(values) {
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  }

  window.ResNetPixels = {
    SIZE,
    unpack,
    shrink,
    canvasTells,
    readFile,
    toInput,
    drawPixels,
    drawMap,
    slices,
    average,
  };
})();
