export default {
  extends: "stylelint-config-standard",
  rules: {
    // Sizes and colours that differ by state stay beside the thing they belong to.
    "no-descending-specificity": null,
    "custom-property-empty-line-before": null,
  },
};
