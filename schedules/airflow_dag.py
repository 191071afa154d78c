"""One night of callaudit as an Airflow DAG."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    "callaudit_nightly",
    schedule="30 20 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai")),
    catchup=False,
    max_active_runs=1,
):
    BashOperator(
        task_id="nightly",
        bash_command="callaudit nightly --config /etc/callaudit/nightly.toml",
        append_env=True,
        env={"TZ": "Asia/Shanghai"},
        skip_on_exit_code=3,  # another night is at work
        retries=1,  # calls that are done are not done again
        retry_delay=timedelta(minutes=10),
        execution_timeout=timedelta(hours=11),
    )
