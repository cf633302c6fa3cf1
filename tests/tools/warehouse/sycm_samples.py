"""生意参谋 and Tmall back-office headers as the platform writes them, and workbooks with their title rows above the header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook

from tests.tools.warehouse.import_desk import cells

Row = Mapping[str, str]

SHOP_2017 = cells(
    "统计日期,访客数,PC端访客数,无线端访客数,浏览量,PC端浏览量,无线端浏览量,老访客数,新访客数,跳失率,人均浏览量（访问深度）,人均停留时长(秒),商品详情页访客数,"
    "商品收藏人数,店铺收藏人数,下单买家数,下单金额,下单商品件数,下单转化率,支付买家数,PC端支付买家数,无线端支付买家数,支付金额,PC端支付金额,无线端支付金额,"
    "支付商品件数,支付父订单数,支付子订单数,支付转化率,PC端支付转化率,客单价,新买家数,老买家数,售中申请退款金额,描述相符动态评分(DSR),"
    "服务态度动态评分(DSR),物流服务动态评分(DSR)"
)
SHOP_NOW = cells(
    "统计日期,访客数,浏览量,直播间访客数,短视频访客数,店铺页访客数,UV价值,加购人数,加购件数,商品收藏人数,关注店铺人数,下单买家数,下单金额,支付买家数,"
    "支付金额,支付件数,支付转化率,客单价,支付新买家数,支付老买家数,老买家支付金额,成功退款金额,全站推广花费,关键词推广花费,精准人群推广花费,智能场景花费,"
    "淘宝客佣金,推广消耗金额,推广费比,推广ROI"
)
TREND = cells("日期,终端,支付金额,支付买家数,客单价,下单金额,下单买家数,支付转化率,下单-支付转化率")
PRODUCTS = cells(
    "统计日期,商品ID,商品名称,主商品ID,商品类型,货号,商品状态,商品标签,商品访客数,商品浏览量,平均停留时长,商品详情页跳出率,商品收藏人数,商品加购件数,"
    "商品加购人数,下单买家数,下单件数,下单金额,下单转化率,支付买家数,支付件数,支付金额,商品支付转化率,支付新买家数,支付老买家数,老买家支付金额,"
    "聚划算支付金额,访客平均价值,成功退款金额,竞争力评分,年累计支付金额,月累计支付金额,月累计支付件数,搜索引导支付转化率,搜索引导访客数,搜索引导支付买家数,"
    "结构化详情引导转化率,结构化详情引导成交占比"
)
PRODUCTS_OLD = cells(
    "统计日期,商品ID,商品名称,货号,商品状态,商品标签,商品访客数,商品浏览量,平均停留时长,详情页跳出率,商品收藏人数,商品加购件数,商品加购人数,下单买家数,"
    "下单件数,下单金额,下单转化率,支付买家数,支付件数,支付金额,支付转化率,支付新买家数,支付老买家数,老买家支付金额,聚划算支付金额,访客平均价值,"
    "售中售后成功退款金额,竞争力评分,年累计支付金额,月累计支付金额,月累计支付件数"
)
SOURCES_3 = cells("一级来源,二级来源,三级来源,访客数,支付金额,支付买家数,支付转化率,加购人数")
SOURCES_4 = cells(
    "流量载体,一级来源,二级来源,三级来源,四级来源,访客数,访客数环比,新访客,新访客环比,平均停留时长,平均停留时长环比,3s查看人数,3s查看人数环比,商品点击人数,"
    "商品点击人数环比,加购人数,加购人数环比,商品收藏人数,商品收藏人数环比,加购件数,加购件数环比,关注店铺人数,关注店铺人数环比,支付买家数,支付买家数环比,"
    "支付转化率,支付转化率环比,支付金额,支付金额环比,客单价,客单价环比,UV价值,uv价值环比,下单买家数,下单买家数环比,下单金额,下单金额环比,下单转化率,下单转化率环比"
)
SOURCES_2017 = cells("来源,来源明细,访客数,访客数变化,下单买家数,下单买家数变化,下单转化率,下单转化率变化")
SOURCES_WIRELESS = cells(
    "流量来源,来源明细,访客数,访客数变化,支付转化率,支付转化率变化,支付金额,支付金额变化,客单价,客单价变化,下单金额,下单金额变化,下单买家数,下单买家数变化,"
    "下单转化率,下单转化率变化,支付买家数,支付买家数变化,UV价值,uv价值变化"
)
PRODUCT_SOURCES = cells(
    "流量来源,来源明细,访客数,浏览量,支付金额,浏览量占比,店内跳转人数,跳出本店人数,收藏人数,加购人数,下单买家数,下单转化率,支付件数,支付买家数,支付转化率,"
    "直接支付买家数,收藏商品-支付买家数,粉丝支付买家数,加购商品-支付买家数"
)
PRODUCT_360 = cells(
    "一级来源,二级来源,三级来源,四级来源,访客数,浏览量,加购人数,商品收藏人数,支付买家数,支付转化率,支付金额,客单价,支付件数"
)
SEARCH_WORDS = cells("搜索词,词类型,访客数,加购人数,商品收藏人数,支付转化率,支付买家数,支付金额,新访客,客单价,uv价值")
SEARCH_WORDS_NOW = cells(
    "统计日期,搜索词,访客数,加购人数,商品收藏人数,支付买家数,支付转化率,支付件数,支付金额,客单价,UV价值"
)
SUBSCRIPTIONS = cells(
    "内容标题,内容id,作者,发布时间,内容曝光人数,内容曝光次数,内容查看人数,内容查看次数,商品点击人数,商品点击次数,引导进店人数,引导进店次数,引导加购人数,"
    "引导加购件数,订阅直接引导成交金额,直接引导成交人数,直接引导成交笔数,订阅玩法名称"
)
CONTENTS = cells(
    "内容ID,内容名称,内容发布时间,商品ID,逛逛ID,查看人数,查看次数,有效查看人数,有效查看次数,播放人数,播放次数,完整播放人数,完整播放次数,完播率,"
    "总停留时长（秒）,人均停留时长（秒）,次均停留时长(秒),互动人数,互动次数,点赞人数,点赞次数,评论人数,评论次数,分享人数,分享次数,收藏人数,收藏次数,新增粉丝数,"
    "商品引导点击人数,商品引导点击次数,种草成交人数,种草成交订单数,种草成交金额,曝光人数,曝光次数,商品加购人数,商品加购次数,点击次数,点击人数,曝光PV点击率,"
    "曝光UV点击率,商品点击次数,商品点击人数"
)
CAMPAIGN_SALE = cells(
    "支付金额,支付件数,客单价,支付买家数,访客数,支付转化率,活动商品支付金额,活动商品支付件数,活动商品支付买家数,活动商品访客数,活动申请退款金额"
)
CAMPAIGN_PREHEAT = cells("预热加购人数,预热加购件数,预热收藏人数,预热收藏次数,预热访客数,加购转化率,收藏转化率")
DISCOUNT = cells(
    "商品名称,商品id,新客拉新费率,商品新访客数,新客支付人数,新客支付人数占比,新客支付金额,新客支付金额占比"
)
STORED_VALUE = cells("商品名称,充值总金额,商品访客数,充值买家数,充值本金金额,充值转化率,人均充值金额")
ITEMS_OLD = cells("订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码")
PAYOUTS = cells(
    "账期,账单大类,业务大类,业务小类,订单号,子订单号,下单时间,确认收货时间,商品ID,sku,商品名称,数量,单价（元）,订单实际金额（元）,退款单号,退款金额（元）,"
    "收/付渠道,业务流水号,商户订单号,打款时间,打款更新时间,备注"
)
# What the export of a period says above its header.
TITLE = ((), ("生意参谋平台",), ("数据来源：店铺经营", "", ""), ())


def workbook(
    path: Path,
    header: Sequence[str],
    rows: Sequence[Row],
    *,
    above: Sequence[Sequence[str]] = TITLE,
    sheet: str = "sheet1",
) -> Path:
    """One sheet as 生意参谋 writes it: title rows, header, cells that are all text, blanks at the end."""
    return sheets(path, {sheet: (header, rows)}, above=above)


def sheets(
    path: Path, tables: Mapping[str, tuple[Sequence[str], Sequence[Row]]], *, above: Sequence[Sequence[str]] = TITLE
) -> Path:
    """Several sheets of one workbook, under the name the platform gives it (.xls or .xlsx)."""
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for title, (header, rows) in tables.items():
        page = book.create_sheet(title)
        for number, cells_above in enumerate(above, 1):
            for place, cell in enumerate(cells_above, 1):
                page.cell(number, place, cell)
        start = len(above) + 1
        for number, row in enumerate([dict(zip(header, header, strict=True)), *rows], start):
            for place, name in enumerate([*header, "", ""], 1):
                page.cell(number, place, row.get(name, ""))
    with path.open("wb") as out:
        book.save(out)
    return path
