"""Hold the review's family of learning rules as rate networks, one rule a file, on NumPy arrays alone.

Every rule module offers the same names, and nothing else is needed to add one:

* its docstring: the update equation, its source, and what the feedback is;
* `parameters`: name -> `Parameter(value, unit, source)`;
* `feedback`: "none", "scalar", "vector" or "exact" (the order of Lillicrap et al. 2020, Nat Rev Neurosci 21);
* `network(sizes)`: the `Network` (nonlinearity, output, loss) that the rule is defined for;
* `initial(network, rng, p)`: the state, a `State` or a frozen dataclass that extends it: the weights, and all
  else that the rule carries from one update to the next (feedback weights, particles, moving averages);
* `update(network, state, x, y, rng, p)`: `(change, state)`, where `change` holds what the rule would add to
  the weights (learning rate included, averaged over the mini-batch), and `state` has the rule's own extras
  advanced but the same weights: the trainer adds `change`, by `state.learned(change)`;
* `predict(network, state, x, p)`: scores, shape (batch, outputs);
* `macs(sizes, p)`: multiply-accumulates of one update, for one example, counted from the equations;
* `true_gradient(network, state, x, y, p)`, only where a prediction is not one forward pass: the gradient
  (`Weights`) of the mean loss, with which the meter compares the change; else it takes `backprop.gradient`.

`p` holds the values of `parameters` as attributes (`p.eta`, which may be an array with a step for each
layer, see `_network.steps`), see `_network.values`; x and y (one-hot for labels) have the shape (batch,
units) and the network's `dtype`, in which a rule draws its noise too.
"""
