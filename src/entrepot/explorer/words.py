"""What the explorer's pages say, in each language; texts of the vendors' APIs stay as the tables have them."""

from __future__ import annotations

from types import SimpleNamespace

# In the order of the pages: key, English, Chinese.
_TABLE = (
    ("language", "en", "zh-CN"),
    ("explorer", "API explorer", "API 调试器"),
    ("skip", "Skip to the content", "跳到正文"),
    ("signed_in_as", "Signed in as", "当前用户"),
    ("tenant", "tenant", "租户"),
    ("sign_in", "Sign in", "登录"),
    ("sign_out", "Sign out", "退出"),
    ("name", "Access key ID, or user name", "访问密钥 ID 或用户名"),
    ("name_hint", "A user is user@tenant; the tenant's name alone is its first user, such as dev.",
     "用户写作 用户名@租户；只写租户名即其第一个用户，例如 dev。"),
    ("secret", "Secret key, or password", "访问密钥 Secret 或密码"),
    ("where", "Where are they?", "在哪里可以找到？"),
    ("where_start", "A server that is started at a terminal prints a link that signs you in.",
     "在终端中启动服务时会打印一个可直接登录的链接。"),
    ("where_command", "On the server's machine, this prints keys and password:",
     "在服务器上运行以下命令可查看密钥和密码："),
    ("refused", "That did not sign you in: no such key or user, another secret, or switched off.",
     "登录失败：密钥或用户不存在、密码不正确，或已被停用。"),
    ("link_over", "This link was used before, or its hour is over.", "此链接已使用过或已超过一小时有效期。"),
    ("too_many", "Too many tries. Wait a minute, then try again.", "尝试次数过多，请一分钟后再试。"),
    ("forged", "This form is not from this page, or too old. Nothing was done; send it again from here.",
     "此表单不是由本页面提交，或已过期。未执行任何操作，请在本页面重新提交。"),
    ("entered", "You are signed in.", "已登录。"),
    ("go_on", "Go on", "继续"),
    ("welcome", "Call every operation of every vendor's API from here: requests are signed for you, and what you "
     "typed comes back as code for the vendor's SDK.",
     "在这里可以调用各厂商 API 的全部操作：请求会自动签名，所填内容会生成对应厂商 SDK 的示例代码。"),
    ("same_way", "What is sent counts: permissions, limits and the audit log hold as for any program.",
     "发送的请求与程序发出的请求一样：权限、流控和审计日志均会生效。"),
    ("operations", "operations", "个操作"),
    ("paths", "Paths", "路径"),
    ("filter", "Filter operations", "筛选操作"),
    ("apply", "Filter", "筛选"),
    ("none_found", "No operation fits.", "没有匹配的操作。"),
    ("source", "Source", "依据"),
    ("documented", "documented", "有文档"),
    ("documented_hint", "on the vendor's page", "见厂商文档页面"),
    ("sdk", "SDK", "SDK"),
    ("sdk_hint", "seen in the vendor's SDK", "见于厂商 SDK"),
    ("inferred", "inferred", "推断"),
    ("inferred_hint", "a guess; no page says so", "推断得出，没有页面说明"),
    ("permission", "Permission", "权限"),
    ("any_caller", "any user of the tenant", "租户内任意用户"),
    ("public", "needs no credentials", "无需凭证"),
    ("may_not", "You do not have this permission: the call will be refused.", "您没有此权限，调用会被拒绝。"),
    ("rate", "Limit", "流控"),
    ("a_second", "calls a second and account", "次/秒（按账号）"),
    ("no_rate", "none documented", "文档未给出"),
    ("also", "also by", "亦可用"),
    ("parameters", "Parameters", "参数"),
    ("no_parameters", "It takes no parameters.", "此操作没有参数。"),
    ("yours", "Your account, filled in", "您的账号（已填好）"),
    ("required", "required", "必填"),
    ("optional", "Optional", "选填参数"),
    ("default", "default", "默认值"),
    ("each_line", "one a line", "每行一个"),
    ("as_json", "as JSON", "以 JSON 填写"),
    ("not_sent", "(not sent)", "（不发送）"),
    ("path", "path", "路径"),
    ("query", "query", "查询"),
    ("header", "header", "请求头"),
    ("body", "Body", "请求体"),
    ("file", "Content of the file", "文件内容"),
    ("fields", "Fields of the body", "请求体字段"),
    ("field", "Field", "字段"),
    ("type", "Type", "类型"),
    ("meaning", "Meaning", "说明"),
    ("send", "Send", "发送"),
    ("show_code", "Update the code", "更新代码"),
    ("keys_hint", "Ctrl+Enter sends", "Ctrl+Enter 发送"),
    ("reset", "Start over", "重新填写"),
    ("careful", "This changes what is kept.", "此操作会修改数据。"),
    ("not_json", "This is not JSON", "不是有效的 JSON"),
    ("needed", "It is a part of the path: without it there is nothing to call.", "它是路径的一部分，不能为空。"),
    ("cannot_send", "Nothing was sent.", "未发送。"),
    ("no_login", "The token that this call needs was refused", "获取此调用所需的令牌失败"),
    ("no_key", "Your user has no access key that works, so nothing can be signed.",
     "您的用户没有可用的访问密钥，无法签名。"),
    ("answer", "Answer", "应答"),
    ("took", "took", "耗时"),
    ("but_refused", "refused", "已拒绝"),
    ("refused_as", "Refused as", "被拒绝，原因："),
    ("violation", "What is wrong", "问题"),
    ("want", "Wanted", "要求"),
    # The kinds of violations (core/faults.py).
    ("v_missing", "is missing", "缺失"),
    ("v_null", "is null", "为 null"),
    ("v_empty", "is empty", "为空"),
    ("v_type", "is of another type", "类型不符"),
    ("v_too_short", "is too short", "过短"),
    ("v_too_long", "is too long", "过长"),
    ("v_pattern", "has characters that it may not have", "含有不允许的字符"),
    ("v_enum", "is none of the values", "不在可选值之内"),
    ("v_too_small", "is too small", "过小"),
    ("v_too_large", "is too large", "过大"),
    ("v_too_few", "has too few items", "条目过少"),
    ("v_too_many", "has too many items", "条目过多"),
    ("v_duplicate", "stands twice", "重复"),
    ("v_repeated", "was given more than once", "重复给出"),
    ("v_nul", "holds the character U+0000", "含有 U+0000 字符"),
    ("v_rule", "breaks a rule", "不符合规则"),
    ("answer_headers", "Headers", "应答头"),
    ("empty_body", "No body.", "没有应答体。"),
    ("cut", "Only the beginning is shown: 65,536 characters.", "仅显示开头部分（65,536 个字符）。"),
    ("code_cut", "Only the beginning of the code is shown. Put a body so long into a file, and have the code read "
     "that: json.load(open('body.json')).",
     "仅显示代码开头部分。如此长的请求体请存为文件，在代码中读取：json.load(open('body.json'))。"),
    ("code_of_example", "What you typed is too long or too deep for sample code, so the code has the example instead. "
     "Put your body into a file, and have the code read that: json.load(open('body.json')).",
     "所填内容过长或嵌套过深，代码以示例代替。请将请求体存为文件，在代码中读取：json.load(open('body.json'))。"),
    ("not_repeated", "More than 65,536 characters were typed here, so they are not repeated. To send them again, paste "
     "them once more:", "以下所填内容超过 65,536 个字符，不再显示。如需再次发送，请重新粘贴："),
    ("signed", "Request as it was signed", "签名后的请求"),
    ("code", "Sample code", "示例代码"),
    ("code_hint", "Keys and secrets are read from the environment; the second line of the code names them.",
     "密钥从环境变量读取，变量名见代码第二行。"),
    ("no_code", "No code can be written of this", "无法生成代码"),
    ("copy", "Copy", "复制"),
    ("copied", "Copied", "已复制"),
    ("refusals", "Refusals that this API knows", "此 API 的错误码"),
    ("status", "Status", "状态码"),
    ("error_code", "Code", "错误码"),
    ("fault", "Fault", "原因"),
    ("unreadable", "What was sent cannot be read.", "无法解析提交的内容。"),
    ("not_found", "There is no such page.", "没有这个页面。"),
    ("wrong_method", "This page is read, or its form is sent; nothing else.", "此页面只支持查看或提交表单。"),
    ("failed", "Something went wrong here; the log has it.", "出现内部错误，详见日志。"),
    ("busy", "The store cannot answer now. Try again.", "存储暂时无法应答，请重试。"),
    ("too_large", "That is more than this form takes.", "内容超过此表单的上限。"),
    ("back", "Back", "返回"),
    ("product", "Products", "产品"),
    ("device", "Devices", "设备"),
    ("model", "Thing models", "物模型"),
    ("space", "Spaces and applications", "资源空间与应用"),
    ("template", "Templates and categories", "模板与品类"),
    ("credential", "Credentials", "凭证"),
    ("account", "Account and tokens", "账号与令牌"),
)  # fmt: skip
_ENGLISH = SimpleNamespace(**{key: english for key, english, _ in _TABLE})
_CHINESE = SimpleNamespace(**{key: chinese for key, _, chinese in _TABLE})
_MOST_WISHES = 20


def served(accept_language: bytes) -> SimpleNamespace:
    """The words in the language that the header wishes for most; English where we have neither."""
    best, words = 0.0, _ENGLISH
    for wish in accept_language.split(b",")[:_MOST_WISHES]:
        tag, _, weight = wish.strip().lower().partition(b";q=")
        known = {b"zh": _CHINESE, b"en": _ENGLISH}.get(tag.partition(b"-")[0].strip())
        try:
            worth = float(weight or 1)
        except ValueError:
            continue
        if known is not None and worth > best:
            best, words = worth, known
    return words
