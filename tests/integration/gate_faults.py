"""Every named fault of a build that the gate must catch."""

from __future__ import annotations

from gate_faults_across import FAULTS_ACROSS
from gate_faults_of_marts import FAULTS_OF_MARTS
from gate_faults_of_models import FAULTS_OF_MODELS
from gate_faults_of_raw_tables import FAULTS_OF_RAW_TABLES
from gate_faults_of_staging import FAULTS_OF_STAGING
from gate_faults_of_submissions import FAULTS_OF_SUBMISSIONS
from gate_faults_of_values import FAULTS_OF_VALUES

FAULTS_OF_WAREHOUSE = (
    *FAULTS_OF_VALUES,
    *FAULTS_OF_MARTS,
    *FAULTS_OF_RAW_TABLES,
    *FAULTS_OF_STAGING,
    *FAULTS_OF_SUBMISSIONS,
    *FAULTS_OF_MODELS,
    *FAULTS_ACROSS,
)
