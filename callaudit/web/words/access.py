"""Signing in, accounts, one's own account; and what is said when something cannot be done."""

from callaudit.desk.passwords import LONGEST, SHORTEST

WORDS = {
    # what callaudit.desk raises: the English is its message
    "error.account": ("没有这个账号。", "there is no such account"),
    "error.name": ("账号由 1 至 64 个字母、数字或 . _ - + @ 组成。", "a name is 1 to 64 letters, digits or . _ - + @"),
    "error.name.taken": (
        "这个账号已存在，请换一个，或重新启用它。",
        "there is an account of that name; choose another, or enable it again",
    ),
    "error.agent": (
        "坐席账号要填写工号，只能查看该工号的通话。",
        "an agent's account needs the agent id of the calls it may see",
    ),
    "error.last_admin": ("这是最后一个管理员，请先另设一个。", "this is the last admin; make another one first"),
    "error.password.short": (
        f"密码太短，至少 {SHORTEST} 个字符。",
        f"the password is too short; wanted at least {SHORTEST} characters",
    ),
    "error.password.long": (
        f"密码太长，最多 {LONGEST} 个字符。",
        f"the password is too long; wanted at most {LONGEST} characters",
    ),
    "error.password.common": (
        "这个密码太容易猜到，请换一个，例如四个以上不相干的词。",
        "the password is one of those that are tried first; choose another, e.g. four or more words",
    ),
    "error.password.name": ("密码里不能包含账号。", "the password holds the name of the account; choose another"),
    "error.password.old": ("现在的密码不对。", "the present password is not right"),
    "error.password.same": ("新密码与现在的相同，请换一个。", "the new password is the present one; choose another"),
    "error.token": ("没有这个令牌。", "there is no such token"),
    "error.token.role": ("您的角色不能创建令牌。", "this role makes no tokens"),
    "error.token.name": ("令牌要有名称，最多 80 个字符。", "a token needs a name of at most 80 characters"),
    "error.sso.expired": ("这次登录已过期，请重新开始。", "this sign-in has expired; begin again"),
    "error.sso.other": ("这是另一个登录服务的回应。", "this answer is another provider's"),
    "error.sso.refused": ("登录服务拒绝了这次登录。", "the provider refused the sign-in"),
    "error.sso.unproven": (
        "登录服务没有确认这次登录，请重新开始。",
        "the provider did not confirm the sign-in; begin again",
    ),
    "error.sso.away": (
        "单点登录服务没有应答，请稍候再试。",
        "the provider of the single sign-on does not answer; try again later",
    ),
    "error.sso.where": (
        "单点登录服务没有说明登录地址。",
        "the provider of the single sign-on does not say where to sign in",
    ),
    "error.sso.name": (
        "单点登录服务自称的名字与设置不符。",
        "the provider of the single sign-on calls itself by another name",
    ),
    "error.sso.local": (
        "同名账号不是单点登录账号，请联系管理员。",
        "the account of that name is not for single sign-on; ask an admin",
    ),
    "error.sso.disabled": ("这个账号已停用，请联系管理员。", "this account is disabled; ask an admin"),
    "error.sso.none": ("您在这里还没有账号，请联系管理员。", "there is no account for you here yet; ask an admin"),
    # the sign-in page
    "access.sign_in": ("登录", "Sign in"),
    "access.name": ("账号", "Name"),
    "access.password": ("密码", "Password"),
    "access.wrong": ("账号或密码不对。", "Name or password is not right."),
    "access.sso": ("用{at}登录", "Sign in with {at}"),
    "access.sso.no_role": (
        "您的单点登录账号没有使用质检复核台的角色，请联系管理员。",
        "Your account at the single sign-on has no role here; ask an admin.",
    ),
    "access.nobody": ("还没有账号", "No account yet"),
    "access.nobody.more": (
        "建好第一个管理员账号后才能使用。请在运行本服务的机器上执行：",
        "Nothing is shown before there is a first admin. Make one on the machine where this runs:",
    ),
    "access.no_https": ("请用 https 打开", "Open this by https"),
    "access.no_https.more": (
        "从别的电脑访问必须走 https，否则密码会以明文经过网络。"
        "请联系管理员配置证书（--tls-cert、--tls-key）或反向代理。",
        "From another machine this needs https: a password would cross the network in plain sight. "
        "Whoever runs it can give it a certificate (--tls-cert, --tls-key) or put it behind a proxy.",
    ),
    "fault.403.password": ("请先修改密码。", "Change your password first."),
    "fault.back": ("回到首页", "To the queue"),
    "fault.400": ("请求有误", "Bad request"),
    "fault.400.more": ("服务器看不懂这个请求。", "The server does not understand this request."),
    "fault.401": ("请先登录", "Sign in"),
    "fault.401.more": ("请先登录。", "Sign in first."),
    "fault.403": ("没有权限", "Not allowed"),
    "fault.403.more": ("您的角色不能做这件事。", "Your role does not allow this."),
    "fault.403.csrf": (
        "这个表单已过期或来自别处，什么也没有改动。请刷新页面后再试。",
        "This form has expired or came from elsewhere; nothing was changed. Reload the page and try again.",
    ),
    "fault.403.read_only": ("这个令牌只能读取。", "This token may only read."),
    "fault.404": ("找不到", "Not found"),
    "fault.404.more": ("没有这个页面或通话，或者您无权查看。", "There is no such page or call, or you may not see it."),
    "fault.405": ("请求有误", "Bad request"),
    "fault.405.more": ("这个地址不接受这种请求。", "This address does not take such a request."),
    "fault.409": ("有人先改了", "Somebody was faster"),
    "fault.409.more": (
        "在您查看之后有人改过，请核对最新内容后再试。",
        "Somebody changed this after you had looked; see what it is now, and try again.",
    ),
    "fault.413": ("内容太大", "Too large"),
    "fault.413.more": ("提交的内容太大。", "What was sent is too large."),
    "fault.422": ("填写有误", "Something is not right"),
    "fault.422.more": ("有一项缺失或填写不对。", "A value is missing, or not of the right kind."),
    "fault.429": ("太频繁", "Too often"),
    "fault.429.more": ("操作太频繁，请稍候再试。", "Too many tries; wait a moment."),
    "fault.500": ("服务器出错", "The server failed"),
    "fault.500.more": (
        "服务器出错，操作没有完成；已记入日志。",
        "Something went wrong here, and nothing was done; it is in the log.",
    ),
    "fault.503": ("数据库连不上", "The database does not answer"),
    "fault.503.more": ("数据库暂时连不上，请稍候再试。", "The database does not answer; try again in a moment."),
}
