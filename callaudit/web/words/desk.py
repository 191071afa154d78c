"""What every page shares: roles, verdicts, navigation."""

WORDS = {
    "desk.title": ("质检复核台", "Review desk"),
    "desk.queue": ("待复核", "Queue"),
    "desk.figures": ("看板", "Dashboards"),
    "desk.learn": ("规则校准", "Rules"),
    "desk.calibrate": ("一致性", "Calibration"),
    "desk.appeals": ("申诉", "Appeals"),
    "desk.accounts": ("账号", "Accounts"),
    "desk.trail": ("操作记录", "Audit trail"),
    "desk.sign_out": ("退出", "Sign out"),
    "desk.help": ("快捷键", "Shortcuts"),
    "desk.role.admin": ("管理员", "Admin"),
    "desk.role.lead": ("质检主管", "Lead"),
    "desk.role.reviewer": ("质检员", "Reviewer"),
    "desk.role.agent": ("坐席", "Agent"),
}
