// What <mle-factor> shows, in Python.
(() => {
  const TORCH = ["import torch", "from torch.distributions import MultivariateNormal"];

  const triangle = ({ s1, s2, rho }) => [
    `s1, s2, rho = ${s1}, ${s2}, ${rho}`,
    "L = torch.tensor(",
    "    [[s1, 0.0], [rho * s2, s2 * math.sqrt(1 - rho**2)]], dtype=torch.float64",
    ")",
  ];

  const ROOTS = {
    factor: (state) => [...triangle(state), "normal = MultivariateNormal(loc, scale_tril=L)"],
    root: (state) => [
      ...triangle(state),
      `turn = math.radians(${state.angle})`,
      "cos, sin = math.cos(turn), math.sin(turn)",
      "A = L @ torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)",
      "normal = MultivariateNormal(loc, covariance_matrix=A @ A.T)",
    ],
    covariance: () => ["normal = MultivariateNormal(loc, covariance_matrix=Sigma)"],
  };

  /** Return Python that prints the log-likelihood; or, of what is none, why it is not. */
  Explorables.factorCode = (state, isNormal) => {
    const { mode, mu1, mu2, s11, s12, s22 } = state;
    const rows = `[[${s11}, ${s12}], [${s12}, ${s22}]]`;
    const sigma = `Sigma = torch.tensor(${rows}, dtype=torch.float64)`;
    if (!isNormal) {
      const smallest = 'print(f"{torch.linalg.eigvalsh(Sigma)[0]:.3f}")';
      return ["import torch", "", sigma, smallest].join("\n");
    }
    return [
      ...(mode === "covariance" ? TORCH : ["import math", "", ...TORCH]),
      "",
      "import mlefit",
      "",
      "heights = mlefit.datasets.galton()",
      `loc = torch.tensor([${mu1}, ${mu2}], dtype=torch.float64)`,
      ...(mode === "covariance" ? [sigma] : []),
      ...ROOTS[mode](state),
      'print(f"{normal.log_prob(heights).sum():.2f}")',
    ].join("\n");
  };
})();
