"""Every named fault of a build that the gate must catch."""

from __future__ import annotations

from gate_faults_across import FAULTS_ACROSS
from gate_faults_of_tables import FAULTS_BELOW, FAULTS_OF_MARTS
from gate_faults_of_values import FAULTS_OF_VALUES

FAULTS_OF_WAREHOUSE = (*FAULTS_OF_VALUES, *FAULTS_OF_MARTS, *FAULTS_BELOW, *FAULTS_ACROSS)
