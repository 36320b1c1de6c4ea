// What html-validate holds the pages to: all that it recommends, but for what is said here.
module.exports = {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // The list of a combobox is a listbox (ARIA Authoring Practices); a <select> cannot be one.
    "prefer-native-element": ["error", { exclude: ["listbox"] }],
    // A matter of search engines: boards and practices have the names that they have.
    "long-title": "off",
  },
};
