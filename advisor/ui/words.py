"""Every label of the page, in both languages. The same terms as in answers and in the terminal."""

from __future__ import annotations

from tools.text import Lang, Text

__all__ = ["SUGGESTIONS", "WORDS", "word"]

WORDS: dict[str, Text] = {
    "title": Text("外脑", "Merchant Advisor"),
    "tagline": Text("为什么 · 做什么 · 如何做", "Why · what · how"),
    "simulated": Text("模拟数据", "Simulated data"),
    "open_mode": Text(
        "开放模式：没有登录，只有这台电脑能打开本页。", "Open mode: no sign-in; only this computer can open this page."
    ),
    "planner_only": Text("由内置规划器作答，数据不离开这台电脑。", "The built-in planner answers; no data leaves this computer."),
    "model_host": Text(
        "问题和为回答挑出的数字会发给 {host}。", "Questions and the facts picked for the answer are sent to {host}."
    ),
    "shop": Text("店铺", "Shop"),
    "drop": Text("把你的导出文件拖到这里", "Drop your export here"),
    "drop_or_click": Text("拖到这里，或点击选择文件", "Drop here, or click to choose files"),
    "drop_hint": Text(
        "千牛的订单报表、宝贝报表，Shopify 的 orders_export.csv，或通用模板；CSV、Excel、ZIP 都可以，不用改表头。复盘、话术、方案（PDF、Word、PPT、Markdown、网页）会存为资料。",
        "Order reports from Qianniu, orders_export.csv from Shopify, or the generic template; CSV, Excel or ZIP, as downloaded. "
        "Reviews, scripts and plans (PDF, Word, PowerPoint, Markdown, HTML) are kept as documents.",
    ),
    "keep": Text("存为资料", "Keep as a document"),
    "discard": Text("不存", "Do not keep"),
    "keeping": Text("正在存为资料", "Keeping the document"),
    "keep_question": Text(
        "“{names}”不是能导入的导出文件。存为资料？只有本店能看到，回答时会注明是自有资料。",
        '"{names}" is no export that can be imported. Keep it as a document? Only this shop sees it, and answers say that it is yours.',
    ),
    "keep_newer": Text(
        "已有同名资料“{names}”，内容不同。换成新的？", 'There is a document "{names}" with other content. Put the new one in its place?'
    ),
    "document_added": Text("{file}：已存为资料（{n} 段），只有本店能看到。", "{file}: kept ({n} passages); only this shop sees it."),
    "document_replaced": Text("{file}：已换成新的（{n} 段）。", "{file}: replaced ({n} passages)."),
    "document_unchanged": Text("{file}：同样的内容已经在，没有重复存。", "{file}: the same content is there already."),
    "not_kept": Text("没有存，文件已删除。", "Nothing was kept; the file was deleted."),
    "papers": Text("自有资料（{n} 份）", "Your documents ({n})"),
    "papers_hint": Text(
        "只有本店能看到；回答引用时会注明是自有资料。", "Only this shop sees them; an answer that quotes one says that it is yours."
    ),
    "paper_name": Text("文件", "File"),
    "paper_type": Text("类型", "Type"),
    "paper_size": Text("篇幅", "Length"),
    "paper_added": Text("加入日期", "Added"),
    "paper_length": Text("{n} 字", "{n} characters"),
    "paper_which": Text("选一份资料", "Choose a document"),
    "paper_remove": Text("删除", "Delete"),
    "paper_sure": Text(
        "确定删除“{file}”？删除后不能恢复；以前对话里引用过的句子仍在对话记录里。",
        'Delete "{file}"? This cannot be undone; sentences that earlier conversations quoted stay in those conversations.',
    ),
    "paper_really": Text("确定删除", "Yes, delete it"),
    "paper_spare": Text("不删", "Keep it"),
    "paper_removing": Text("正在删除资料", "Deleting the document"),
    "paper_removed": Text("已删除“{file}”。", '"{file}" was deleted.'),
    "privacy": Text(
        "姓名、电话、地址在导入时就丢弃；文件导入后立即删除。",
        "Names, phones and addresses are dropped on import; the file is deleted right after.",
    ),
    "see_demo": Text("看演示店铺", "See the demo shop"),
    "making_demo": Text("正在生成演示店铺（模拟数据，只需一次）", "Making the demo shop (simulated, once)"),
    "more_files": Text("导入文件", "Import files"),
    "own_shop": Text("用自己的数据：把导出文件拖到这里", "Use your own data: drop your export here"),
    "import_into": Text("导入到", "Import into"),
    "new_shop": Text("新店铺", "A new shop"),
    "detected": Text("识别为", "Recognised as"),
    "encoding": Text("编码", "encoding"),
    "columns_known": Text("认出 {n} 列", "{n} columns recognised"),
    "columns_dropped": Text("个人信息，不保存：{names}", "personal, not kept: {names}"),
    "columns_unmapped": Text("没有用到的列：{names}", "columns not used: {names}"),
    "importing": Text("正在导入", "Importing"),
    "rejected_file": Text("被拒收的行和原因：{path}", "Rejected rows with reasons: {path}"),
    "accepted": Text("新增", "accepted"),
    "updated": Text("更新", "updated"),
    "duplicate": Text("重复", "duplicate"),
    "rejected": Text("拒收", "rejected"),
    "rows": Text("读入 {n} 行", "{n} rows read"),
    "period": Text("覆盖", "covers"),
    "notes": Text("读数说明", "How it was read"),
    "ask_here": Text("问一个问题", "Ask a question"),
    "send": Text("提问", "Ask"),
    "stop": Text("停止", "Stop"),
    "stopped": Text("已停止。", "Stopped."),
    "new_thread": Text("新对话", "New conversation"),
    "past": Text("以前的对话", "Earlier conversations"),
    "thinking": Text("正在理解问题", "Reading the question"),
    "try": Text("可以这样问", "You could ask"),
    "evidence": Text("依据 {n} 条", "Evidence ({n})"),
    "plan": Text("计划", "Plan"),
    "charts": Text("图表", "Charts"),
    "tables": Text("明细表", "Tables"),
    "value": Text("数值", "value"),
    "window": Text("区间", "window"),
    "formula": Text("算法", "formula"),
    "source": Text("来源", "source"),
    "class": Text("性质", "class"),
    "likeness": Text("相似", "alike"),
    "difference": Text("不同", "different"),
    "limits": Text("适用", "limits"),
    "read_at": Text("原文", "read at"),
    "step": Text("动作", "Action"),
    "who": Text("谁 / 在哪", "Who / where"),
    "when": Text("时间", "When"),
    "watch": Text("看什么", "Watch"),
    "target": Text("目标", "target"),
    "guardrail": Text("护栏", "guardrail"),
    "stop_rule": Text("停手线", "Stop if"),
    "cost": Text("花费", "Cost"),
    "copy": Text("复制", "Copy"),
    "copied": Text("已复制", "Copied"),
    "checked": Text(
        "{numbers} 个数字核对过，扣下 {removed} 句", "{numbers} figures checked, {removed} statements withheld"
    ),
    "answered_by": Text("作答：{who}", "answered by {who}"),
    "planner": Text("内置规划器", "the built-in planner"),
    "you": Text("你", "You"),
    "too_big": Text("文件太大", "The file is too large"),
    "gone": Text("之前的对话不在这里了，已开始新对话。", "The earlier conversation is no longer here; a new one was started."),
    "broken": Text(
        "出了点问题，这一步没有完成；已记在服务器日志里，请再试一次。",
        "Something went wrong and this step was not finished; it is in the server's log. Please try again.",
    ),
}  # fmt: skip

SUGGESTIONS = (
    Text("最近销售额为什么变化？接下来做什么，怎么做？", "Why did sales change recently, and what should we do, how?"),
    Text("现在最该做的一件事是什么？", "What is the one thing to do now?"),
    Text("怎么提高复购？", "How do we raise repurchase?"),
)


def word(name: str, lang: Lang, **values: object) -> str:
    return WORDS[name].get(lang).format(**values) if values else WORDS[name].get(lang)
