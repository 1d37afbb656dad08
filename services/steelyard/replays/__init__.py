"""What a job's stored weights compute at each recorded epoch: boundaries, outputs of units, gradients, histograms."""
