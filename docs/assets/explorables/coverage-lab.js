// Samples of a normal whose parameters are known, and how often an interval holds them.
(() => {
  const { maths } = Explorables;

  class Lab {
    /** `truth` is `{mu, sigma}`. */
    constructor(truth) {
      this.truth = truth;
      this.rule = {};
    }

    /** Begin anew, with samples of n rows; the same seed gives the same samples. */
    restart({ n, seed }) {
      const { normal } = maths.generator(seed);
      this.next = () => Array.from({ length: n }, () => this.rounded(normal));
      this.samples = [];
      this.forget();
    }

    /** A row has one digit after the point, so that a printed sample is the sample. */
    rounded(normal) {
      return Math.round(10 * normal(this.truth.mu, this.truth.sigma)) / 10;
    }

    draw(count) {
      for (let i = 0; i < count; i++) this.samples.push(this.next());
    }

    /** Judge all samples by a rule `{parameter, method, level}`, and those yet to come. */
    judge(rule) {
      if (Object.entries(rule).some(([key, value]) => this.rule[key] !== value)) this.forget();
      this.rule = rule;
      const { parameter, method, level } = rule;
      for (const rows of this.samples.slice(this.intervals.length)) {
        const interval = maths.intervals[method](maths.summary(rows), parameter, level);
        this.intervals.push(interval);
        this.hits.push((this.hits.at(-1) ?? 0) + this.holds(interval));
      }
    }

    forget() {
      this.intervals = [];
      this.hits = []; // how many of the first, of the first two, ... hold the truth
    }

    holds([low, high]) {
      const value = this.truth[this.rule.parameter];
      return low <= value && value <= high;
    }

    get count() {
      return this.samples.length;
    }

    /** Return the share of the first `count` intervals that hold the truth. */
    share(count = this.count) {
      return this.hits[count - 1] / count;
    }

    /**
     * Return between which shares it would settle in the long run, with 95 % confidence: Wilson's
     * interval, whose width is not zero when all intervals hold.
     */
    longRun() {
      const [share, n] = [this.share(), this.count];
      const square = maths.chi2Quantile(0.95) / n;
      const reach = Math.sqrt(square * (share * (1 - share) + square / 4));
      return [-1, 1].map((side) => (share + square / 2 + side * reach) / (1 + square));
    }
  }

  Object.assign(Explorables, { Lab });
})();
