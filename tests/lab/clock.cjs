// Loaded into drizzle-kit by generate.py: the clock stands at LAB_CLOCK, so that `when` is the story's.
const stands = Number(process.env.LAB_CLOCK);
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [stands] : given));
  }
  static now() {
    return stands;
  }
};
