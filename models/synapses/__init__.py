"""Synapses, plastic and fixed, between any two neuron models of `models.neurons`."""
