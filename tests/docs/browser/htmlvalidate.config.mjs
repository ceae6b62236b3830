// html-validate's recommended rules, less those of style: what they ask for, the standard does not.
export default {
  root: true,
  elements: ["html5"],
  extends: ["html-validate:recommended"],
  rules: {
    "doctype-style": "off", // the standard takes either case
    "long-title": "off", // a search engine's taste: a title is as long as its question
    "no-inline-style": "off", // the standard allows it, and figures and formulas place by it
    "no-trailing-whitespace": "off", // what the templates leave, and gzip takes
    "prefer-native-element": "off", // an output that scrolls is a `pre` with the role of a region
    "valid-id": ["error", { relaxed: true }], // the standard forbids blanks alone: "mlefit.fit" is one
  },
};
